package io.rankwright.features.store;

class DiskStoreTest extends OnlineStoreContract {
    @Override
    OnlineStore open() {
        // Room for some of the values only, so that reads go to the disk too.
        return DiskStore.open(folder, 20_000);
    }
}

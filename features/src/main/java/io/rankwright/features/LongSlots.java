package io.rankwright.features;

import java.util.Arrays;

/**
 * A hash table from long keys to slots that count from 0 in order of first appearance: open addressing, linear probing,
 * at most half full. A look-up touches one or two cache lines and allocates nothing.
 *
 * <p>Thread-safety: readers beside each other; a writer alone.
 */
final class LongSlots {
    /** The answer for a key that is not there. */
    static final int NONE = -1;

    /** Key and slot side by side, so that a probe touches one cache line; a slot of 0 marks an empty place. */
    private long[] entries = new long[1 << 11];

    private int size;

    int size() {
        return size;
    }

    int find(long key) {
        int mask = entries.length - 1;
        int i = place(key, mask);
        while (entries[i + 1] != 0) {
            if (entries[i] == key) {
                return (int) entries[i + 1] - 1;
            }
            i = (i + 2) & mask;
        }
        return NONE;
    }

    /** Reads where the search for a key begins, so that it is in the caches then; the answer means nothing. */
    long touch(long key) {
        return entries[place(key, entries.length - 1)];
    }

    int findOrAdd(long key) {
        int mask = entries.length - 1;
        int i = place(key, mask);
        while (entries[i + 1] != 0) {
            if (entries[i] == key) {
                return (int) entries[i + 1] - 1;
            }
            i = (i + 2) & mask;
        }
        entries[i] = key;
        entries[i + 1] = ++size;
        if (4 * size > entries.length) {
            grow();
        }
        return size - 1;
    }

    /** The keys in the order of their slots. */
    long[] keys() {
        long[] keys = new long[size];
        for (int i = 0; i < entries.length; i += 2) {
            if (entries[i + 1] != 0) {
                keys[(int) entries[i + 1] - 1] = entries[i];
            }
        }
        return keys;
    }

    void clear() {
        Arrays.fill(entries, 0);
        size = 0;
    }

    /** Makes room for so many keys at once. */
    void reserve(int keys) {
        if (4L * keys > entries.length) {
            resize(Math.toIntExact(Long.highestOneBit(4L * keys) << 1));
        }
    }

    private void grow() {
        resize(entries.length * 2);
    }

    private void resize(int length) {
        long[] old = entries;
        entries = new long[length];
        int mask = entries.length - 1;
        for (int j = 0; j < old.length; j += 2) {
            if (old[j + 1] != 0) {
                int i = place(old[j], mask);
                while (entries[i + 1] != 0) {
                    i = (i + 2) & mask;
                }
                entries[i] = old[j];
                entries[i + 1] = old[j + 1];
            }
        }
    }

    private static int place(long key, int mask) {
        return (hash(key) << 1) & mask;
    }

    /** The finalizer of MurmurHash3 (Appleby, public domain), which spreads consecutive keys. */
    private static int hash(long key) {
        long mixed = key;
        mixed ^= mixed >>> 33;
        mixed *= 0xff51afd7ed558ccdL;
        mixed ^= mixed >>> 33;
        mixed *= 0xc4ceb9fe1a85ec53L;
        return (int) (mixed ^ (mixed >>> 33));
    }
}

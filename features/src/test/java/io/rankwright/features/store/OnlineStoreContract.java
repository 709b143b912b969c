package io.rankwright.features.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.features.store.OnlineStore.Entry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link OnlineStore} must hold, whatever it is made of. */
abstract class OnlineStoreContract {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    OnlineStore store;

    /** The store as a process finds it; empty at the first call of a test. */
    abstract OnlineStore open();

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private List<Optional<String>> get(String... keys) {
        return store.get(Arrays.stream(keys).map(OnlineStoreContract::bytes).toList(), PATIENCE).stream()
                .map(found -> found.map(value -> new String(value, UTF_8)))
                .toList();
    }

    @Test
    void valuesComeBackInTheOrderOfTheKeys_andWhatIsNotThereIsEmpty() {
        store.put(List.of(new Entry(bytes("a"), 5, bytes("one")), new Entry(bytes("b"), 5, new byte[0])));

        assertThat(get("b", "none", "a", "b"))
                .containsExactly(Optional.of(""), Optional.empty(), Optional.of("one"), Optional.of(""));
        assertThat(store.get(List.of(), PATIENCE)).isEmpty();
    }

    @Test
    void aLateWriterNeverOverwritesWhatIsNewer() {
        store.put(List.of(new Entry(bytes("a"), 10, bytes("ten"))));
        store.put(List.of(new Entry(bytes("a"), 9, bytes("nine"))));
        assertThat(get("a")).containsExactly(Optional.of("ten"));

        store.put(List.of(new Entry(bytes("a"), 10, bytes("ten again"))));
        assertThat(get("a")).containsExactly(Optional.of("ten again"));
        store.put(List.of(new Entry(bytes("a"), 300, bytes("later")), new Entry(bytes("a"), 255, bytes("between"))));
        assertThat(get("a")).containsExactly(Optional.of("later"));

        store.put(List.of(new Entry(bytes("b"), -5, bytes("before 1970"))));
        store.put(List.of(new Entry(bytes("b"), Long.MIN_VALUE, bytes("never"))));
        assertThat(get("b")).containsExactly(Optional.of("before 1970"));
        store.put(List.of(new Entry(bytes("b"), Long.MAX_VALUE, bytes("last"))));
        assertThat(get("b")).containsExactly(Optional.of("last"));
    }

    @Test
    void ofManyWritersInAnyOrderTheNewestValueOfEachKeyStays() throws InterruptedException {
        var entries = new ArrayList<Entry>();
        for (int version = 0; version < 40; version++) {
            for (int key = 0; key < 50; key++) {
                entries.add(new Entry(bytes("k" + key), version, bytes(key + "@" + version)));
            }
        }
        Collections.shuffle(entries, new Random(11));
        var start = new CountDownLatch(1);
        List<Thread> writers = IntStream.range(0, 4)
                .mapToObj(w -> Thread.ofPlatform().start(() -> {
                    try {
                        start.await();
                        for (int i = w; i < entries.size(); i += 4) {
                            store.put(List.of(entries.get(i)));
                        }
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .toList();
        start.countDown();
        for (Thread writer : writers) {
            writer.join();
        }
        for (int key = 0; key < 50; key++) {
            assertThat(get("k" + key)).containsExactly(Optional.of(key + "@39"));
        }
    }

    /** One user, 500 items, 30 features: more than one packet, in one round trip. */
    @Test
    void manyKeysComeInOneCall() {
        var entries = new ArrayList<Entry>();
        for (int i = 0; i < 501; i++) {
            byte[] value = new byte[240];
            new Random(i).nextBytes(value);
            entries.add(new Entry(bytes("item" + i), i, value));
        }
        store.put(entries);

        List<Optional<byte[]>> found =
                store.get(entries.stream().map(Entry::key).toList(), PATIENCE);

        for (int i = 0; i < 501; i++) {
            assertThat(found.get(i).orElseThrow()).isEqualTo(entries.get(i).value());
        }
    }

    @Test
    void anotherProcessFindsWhatWasPut() {
        store.put(List.of(new Entry(bytes("a"), 5, bytes("one"))));
        store.close();
        store = open();

        assertThat(get("a")).containsExactly(Optional.of("one"));
        store.put(List.of(new Entry(bytes("a"), 4, bytes("older"))));
        assertThat(get("a")).containsExactly(Optional.of("one"));
    }
}

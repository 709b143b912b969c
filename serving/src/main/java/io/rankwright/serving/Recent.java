package io.rankwright.serving;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The values that were put last, by key; older ones are forgotten, so that memory stays bounded.
 *
 * <p>Thread-safety: any number of threads.
 */
public final class Recent<V> {
    private final Map<String, V> values;

    /** @param most how many are known at once */
    public Recent(int most) {
        this.values = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > most;
            }
        };
    }

    public synchronized void put(String key, V value) {
        values.put(key, value);
    }

    public synchronized Optional<V> get(String key) {
        return Optional.ofNullable(values.get(key));
    }
}

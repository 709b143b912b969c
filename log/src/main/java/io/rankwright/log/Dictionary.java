package io.rankwright.log;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Texts as small whole numbers, so that everything behind the log works on arrays. Each domain (the ids of an entity,
 * the categories of a column) counts from 1 in order of first appearance; 0 stands for a missing text.
 *
 * <p>Thread-safety: any number of readers beside one writer.
 */
public final class Dictionary {
    private final Map<String, Domain> domains = new ConcurrentHashMap<>();

    /** The domain of an entity's ids. */
    public static String idsOf(String entity) {
        return "id:" + entity;
    }

    /** The domain of the categories of a column. */
    public static String categoriesOf(String source, String column) {
        return source + "." + column;
    }

    /** The texts of one domain; made empty if it is not known. */
    public Domain domain(String name) {
        return domains.computeIfAbsent(name, Domain::new);
    }

    Set<String> names() {
        return domains.keySet();
    }

    /** The texts of one domain. */
    public static final class Domain {
        private final String name;
        private final Map<String, Integer> codes = new ConcurrentHashMap<>();
        private volatile @Nullable String[] texts = new @Nullable String[64];
        private volatile int size = 1;

        Domain(String name) {
            this.name = name;
        }

        public String name() {
            return name;
        }

        /** The code of a text, 0 if it has none. */
        public int code(String text) {
            return codes.getOrDefault(text, 0);
        }

        /** The text of a code, empty if there is none. */
        public String text(int code) {
            if (code <= 0 || code >= size) {
                return "";
            }
            String text = texts[code];
            return text == null ? "" : text;
        }

        /** One more than the greatest code. */
        public int size() {
            return size;
        }

        void put(int code, String text) {
            @Nullable String[] current = texts;
            if (code >= current.length) {
                current = Arrays.copyOf(current, Math.max(code + 1, current.length * 2));
            }
            current[code] = text;
            texts = current;
            codes.put(text, code);
            size = Math.max(size, code + 1);
        }
    }

    /** New texts on their way into the dictionary: they count from where it ends, and join it when they are stored. */
    final class Additions {
        private final Map<String, Map<String, Integer>> added = new HashMap<>();

        int intern(Domain domain, String text) {
            if (text.isEmpty()) {
                return 0;
            }
            int known = domain.code(text);
            if (known != 0) {
                return known;
            }
            Map<String, Integer> fresh = added.computeIfAbsent(domain.name(), _ -> new HashMap<>());
            Integer code = fresh.get(text);
            if (code == null) {
                code = domain.size() + fresh.size();
                fresh.put(text, code);
            }
            return code;
        }

        Map<String, Map<String, Integer>> byDomain() {
            return added;
        }

        void commit() {
            added.forEach(
                    (name, texts) -> texts.forEach((text, code) -> domain(name).put(code, text)));
            added.clear();
        }
    }
}

package io.rankwright.log;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

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

    /** The texts of one domain. */
    public static final class Domain {
        private final String name;
        private final Texts texts = new Texts();

        Domain(String name) {
            this.name = name;
        }

        public String name() {
            return name;
        }

        /** The code of a text, 0 if it has none. */
        public int code(String text) {
            return texts.code(text);
        }

        /** The text of a code, empty if there is none. */
        public String text(int code) {
            return texts.text(code);
        }

        /** One more than the greatest code. */
        public int size() {
            return texts.size();
        }

        void put(int code, String text) {
            texts.put(code, text);
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

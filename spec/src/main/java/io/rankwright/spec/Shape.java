package io.rankwright.spec;

import java.util.List;
import java.util.Optional;

/**
 * What may stand at one place of a YAML file. The checker, the JSON Schema and the reference page all walk this tree,
 * so that the three cannot differ. Immutable.
 */
public sealed interface Shape {
    /** A mapping with known keys. */
    record Fields(String about, List<Field> fields) implements Shape {
        public Fields {
            fields = List.copyOf(fields);
        }

        List<String> names() {
            return fields.stream().map(Field::name).toList();
        }

        Optional<Field> field(String name) {
            return fields.stream().filter(field -> field.name().equals(name)).findFirst();
        }
    }

    /** One key of {@link Fields}. */
    record Field(String name, Shape shape, boolean isRequired, String about) {}

    /** A mapping whose keys are names that the user chooses. */
    record Named(String nameOf, Shape value) implements Shape {}

    /** A mapping of which one key tells the kind: {@code {sum: …, window: …}}. */
    record Variants(String about, List<Variant> variants) implements Shape {
        public Variants {
            variants = List.copyOf(variants);
        }

        List<String> names() {
            return variants.stream().map(Variant::name).toList();
        }
    }

    /** One kind of {@link Variants}: {@code name} is the key that tells it, one of {@code fields}. */
    record Variant(String name, Fields fields) {}

    /** A sequence. */
    record Items(Shape item, int fewest, int most) implements Shape {}

    /** Either one value or a sequence of them. */
    record OneOrMore(Shape item) implements Shape {}

    /** Text, a number or a quantity. */
    record Value(Kind kind, List<String> choices) implements Shape {
        public Value {
            choices = List.copyOf(choices);
        }

        Value(Kind kind) {
            this(kind, List.of());
        }
    }

    /** What a {@link Value} is written like: the pattern is what JSON Schema checks, the word what people read. */
    enum Kind {
        TEXT("text", ".+"),
        NAME("a name of letters, digits, '_' and '-'", "[A-Za-z][A-Za-z0-9_-]*"),
        ENCODER("a name of letters, digits, '.', '_' and '-'", "[A-Za-z][A-Za-z0-9._-]*"),
        REFERENCE("a name, or source.column", "[A-Za-z][A-Za-z0-9_.]*"),
        INTEGER("a whole number", "\\d{1,9}"),
        NUMBER("a number", "-?\\d+(\\.\\d+)?([eE][-+]?\\d+)?"),
        COUNT("a count, such as 20k, 500M or 10B", "\\d+(\\.\\d+)?\\s*[kKMBGT]?"),
        DURATION("a duration, such as 200ms, 1h or 7d", "\\d+(\\.\\d+)?\\s*(ms|s|m|h|d)"),
        SHARE("a share between 0 and 1, such as 0.05 or 99.9%", "\\d+(\\.\\d+)?\\s*%?"),
        DAY("a day, such as D-2 or 2022-05-06", "D(-\\d{1,4})?|\\d{4}-\\d{2}-\\d{2}"),
        BOOLEAN("true or false", "true|false"),
        EXPRESSION("a formula", ".+");

        private final String words;
        private final String pattern;

        Kind(String words, String pattern) {
            this.words = words;
            this.pattern = pattern;
        }

        String words() {
            return words;
        }

        String pattern() {
            return pattern;
        }
    }

    static Value value(Kind kind) {
        return new Value(kind);
    }

    static Value choice(String... choices) {
        return new Value(Kind.TEXT, List.of(choices));
    }

    static Field required(String name, Shape shape, String about) {
        return new Field(name, shape, true, about);
    }

    static Field optional(String name, Shape shape, String about) {
        return new Field(name, shape, false, about);
    }

    static Fields fields(String about, Field... fields) {
        return new Fields(about, List.of(fields));
    }

    static Variant variant(String name, String about, Field... fields) {
        return new Variant(name, new Fields(about, List.of(fields)));
    }
}

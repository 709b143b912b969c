package io.rankwright.spec;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Typed access to a mapping that {@link ShapeCheck} has already judged: what is missing or malformed was reported there
 * and is answered here with a harmless value, so that the checks of meaning can still run on the rest of the file.
 */
record Section(Yaml.Mapping mapping) {
    static Section of(Yaml yaml) {
        return yaml instanceof Yaml.Mapping mapping
                ? new Section(mapping)
                : new Section(new Yaml.Mapping(yaml.location(), List.of()));
    }

    Location location() {
        return mapping.location();
    }

    boolean has(String key) {
        return mapping.value(key).isPresent();
    }

    Location location(String key) {
        return mapping.value(key).map(Yaml::location).orElse(mapping.location());
    }

    Section section(String key) {
        return mapping.value(key).map(Section::of).orElse(new Section(new Yaml.Mapping(location(), List.of())));
    }

    /** The entries with free names, each a mapping. */
    Map<String, Section> sections(String key) {
        var sections = new LinkedHashMap<String, Section>();
        section(key).mapping.entries().forEach(entry -> sections.put(entry.key().text(), Section.of(entry.value())));
        return sections;
    }

    List<Yaml> items(String key) {
        return mapping.value(key)
                .map(yaml -> yaml instanceof Yaml.Sequence sequence ? sequence.items() : List.of(yaml))
                .orElse(List.of());
    }

    List<Yaml.Scalar> scalars(String key) {
        return items(key).stream()
                .filter(Yaml.Scalar.class::isInstance)
                .map(Yaml.Scalar.class::cast)
                .toList();
    }

    List<String> texts(String key) {
        return scalars(key).stream().map(Yaml.Scalar::text).toList();
    }

    Optional<String> text(String key) {
        return mapping.value(key)
                .filter(Yaml.Scalar.class::isInstance)
                .map(yaml -> ((Yaml.Scalar) yaml).text().strip());
    }

    String text(String key, String missing) {
        return text(key).orElse(missing);
    }

    boolean isSet(String key) {
        return text(key, "false").equals("true");
    }

    int integer(String key, int missing) {
        return text(key)
                .filter(text -> text.matches("\\d{1,9}"))
                .map(Integer::parseInt)
                .orElse(missing);
    }

    List<Integer> integers(String key, List<Integer> missing) {
        List<Integer> found = texts(key).stream()
                .filter(text -> text.matches("\\d{1,9}"))
                .map(Integer::parseInt)
                .toList();
        return found.isEmpty() ? missing : found;
    }

    double number(String key, double missing) {
        try {
            return text(key).map(Double::parseDouble).orElse(missing);
        } catch (NumberFormatException e) {
            return missing;
        }
    }

    double share(String key, double missing) {
        return text(key).flatMap(Units::share).orElse(missing);
    }

    long count(String key, long missing) {
        return text(key).flatMap(Units::count).orElse(missing);
    }

    Optional<Duration> duration(String key) {
        return text(key).flatMap(Units::duration);
    }

    Optional<Day> day(String key) {
        return text(key).flatMap(Day::parse);
    }

    Optional<Expression> formula(String key) {
        return text(key).flatMap(Section::parsed);
    }

    static Optional<Double> parsedNumber(String text) {
        try {
            return Optional.of(Double.valueOf(text));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    static Optional<Expression> parsed(String text) {
        try {
            return Optional.of(Expression.parse(text));
        } catch (Expression.Fault fault) {
            return Optional.empty();
        }
    }
}

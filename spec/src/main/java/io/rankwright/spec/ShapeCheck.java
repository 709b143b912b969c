package io.rankwright.spec;

import java.util.List;

/** Holds a YAML document against a {@link Shape} and collects every difference. */
final class ShapeCheck {
    private final List<Problem> problems;

    ShapeCheck(List<Problem> problems) {
        this.problems = problems;
    }

    void check(Yaml yaml, Shape shape) {
        switch (shape) {
            case Shape.Fields fields -> {
                if (yaml instanceof Yaml.Mapping mapping) {
                    checkFields(mapping, fields);
                } else if (!(isEmpty(yaml) && fields.fields().stream().noneMatch(Shape.Field::isRequired))) {
                    problem(yaml, "keys " + String.join(", ", fields.names()));
                }
            }
            case Shape.Named named -> {
                if (yaml instanceof Yaml.Mapping mapping) {
                    for (var entry : mapping.entries()) {
                        check(entry.key(), Shape.value(Shape.Kind.NAME));
                        check(entry.value(), named.value());
                    }
                } else {
                    problem(yaml, "a mapping from " + named.nameOf() + " to its definition");
                }
            }
            case Shape.Variants variants -> {
                if (yaml instanceof Yaml.Mapping mapping) {
                    checkVariant(mapping, variants);
                } else {
                    problem(yaml, "a mapping with " + Suggestion.oneOf(variants.names(), ""));
                }
            }
            case Shape.Items items -> {
                if (yaml instanceof Yaml.Sequence sequence) {
                    int size = sequence.items().size();
                    if (size < items.fewest() || size > items.most()) {
                        problems.add(new Problem(
                                yaml.location(),
                                "a list of " + size,
                                items.fewest() == items.most()
                                        ? "a list of " + items.fewest()
                                        : "a list of at least " + items.fewest()));
                    }
                    sequence.items().forEach(item -> check(item, items.item()));
                } else {
                    problem(yaml, "a list");
                }
            }
            case Shape.OneOrMore oneOrMore -> {
                if (yaml instanceof Yaml.Sequence sequence) {
                    sequence.items().forEach(item -> check(item, oneOrMore.item()));
                } else {
                    check(yaml, oneOrMore.item());
                }
            }
            case Shape.Value value -> checkValue(yaml, value);
        }
    }

    private void checkFields(Yaml.Mapping mapping, Shape.Fields fields) {
        for (var entry : mapping.entries()) {
            String key = entry.key().text();
            fields.field(key)
                    .ifPresentOrElse(
                            field -> check(entry.value(), field.shape()),
                            () -> problems.add(new Problem(
                                    entry.key().location(),
                                    "the unknown key '" + key + "'",
                                    Suggestion.oneOf(fields.names(), key))));
        }
        for (var field : fields.fields()) {
            if (field.isRequired() && mapping.value(field.name()).isEmpty()) {
                problems.add(new Problem(
                        mapping.location(),
                        "no key '" + field.name() + "'",
                        "'" + field.name() + "': " + field.about()));
            }
        }
    }

    private void checkVariant(Yaml.Mapping mapping, Shape.Variants variants) {
        var matching = variants.variants().stream()
                .filter(variant -> mapping.value(variant.name()).isPresent())
                .toList();
        if (matching.size() == 1) {
            checkFields(mapping, matching.getFirst().fields());
        } else if (matching.isEmpty()) {
            String found = mapping.entries().isEmpty()
                    ? ""
                    : mapping.entries().getFirst().key().text();
            problems.add(new Problem(
                    mapping.entries().isEmpty()
                            ? mapping.location()
                            : mapping.entries().getFirst().key().location(),
                    "the unknown kind '" + found + "'",
                    Suggestion.oneOf(variants.names(), found)));
        } else {
            problems.add(new Problem(
                    mapping.location(),
                    "two kinds at once: "
                            + matching.get(0).name() + " and "
                            + matching.get(1).name(),
                    "one of them"));
        }
    }

    private void checkValue(Yaml yaml, Shape.Value value) {
        if (!(yaml instanceof Yaml.Scalar scalar)) {
            problem(yaml, value.kind().words());
            return;
        }
        String text = scalar.text();
        if (!value.choices().isEmpty()) {
            if (!value.choices().contains(text)) {
                problems.add(new Problem(yaml.location(), "'" + text + "'", Suggestion.oneOf(value.choices(), text)));
            }
            return;
        }
        boolean isRight = switch (value.kind()) {
            case COUNT -> Units.count(text).isPresent();
            case DURATION -> Units.duration(text).isPresent();
            case SHARE -> Units.share(text).isPresent();
            case DAY -> Day.parse(text).isPresent();
            case EXPRESSION -> checkExpression(scalar);
            default -> text.strip().matches(value.kind().pattern());
        };
        if (!isRight) {
            problem(yaml, value.kind().words());
        }
    }

    private boolean checkExpression(Yaml.Scalar scalar) {
        try {
            Expression.parse(scalar.text());
        } catch (Expression.Fault fault) {
            Location start = scalar.location();
            problems.add(new Problem(
                    new Location(start.file(), start.line(), start.column() + fault.column() - 1),
                    fault.found() + " in the formula '" + scalar.text() + "'",
                    fault.expected()));
        }
        return true;
    }

    private static boolean isEmpty(Yaml yaml) {
        return yaml instanceof Yaml.Scalar scalar && scalar.text().isEmpty();
    }

    private void problem(Yaml yaml, String expected) {
        String found = switch (yaml) {
            case Yaml.Scalar scalar -> scalar.text().isEmpty() ? "nothing" : "'" + scalar.text() + "'";
            case Yaml.Sequence _ -> "a list";
            case Yaml.Mapping _ -> "a mapping";
        };
        problems.add(new Problem(yaml.location(), found, expected));
    }
}

package io.rankwright.spec;

import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads and checks one contract file. */
final class ContractReader {
    private final List<Problem> problems;

    ContractReader(List<Problem> problems) {
        this.problems = problems;
    }

    Optional<Contract> read(Path file, String shownAs) {
        Optional<Yaml> yaml = Yaml.read(file, shownAs, problems);
        return yaml.map(root -> {
            new ShapeCheck(problems).check(root, ApplicationShape.CONTRACT);
            return bind(Section.of(root), file);
        });
    }

    private Contract bind(Section root, Path file) {
        var columns = new ArrayList<Contract.Column>();
        root.sections("columns").forEach((name, section) -> columns.add(column(name, section)));
        root.sections("derived").forEach((name, section) -> columns.add(derived(name, section, columns)));
        var contract = new Contract(root.text("contract", ""), file, columns, root.texts("id"), root.text("time"));
        Set<String> names = columns.stream().map(Contract.Column::name).collect(Collectors.toSet());
        for (var id : root.scalars("id")) {
            if (!names.contains(id.text())) {
                problems.add(new Problem(
                        id.location(), "the unknown column '" + id.text() + "'", Suggestion.oneOf(names, id.text())));
            }
        }
        contract.time().ifPresent(time -> {
            root.sections("columns").forEach((name, section) -> {
                if (section.text("type", "").equals("image")) {
                    problems.add(new Problem(
                            section.location("type"),
                            "the image '" + name + "' of an event",
                            "images of entities alone, to which events refer"));
                }
            });
            if (contract.column(time)
                    .filter(column -> column.type() == Contract.Type.TIME)
                    .isEmpty()) {
                problems.add(new Problem(root.location("time"), "'" + time + "'", "a column of type time"));
            }
        });
        return contract;
    }

    private static Contract.Column column(String name, Section section) {
        Contract.Type type;
        try {
            type = Contract.Type.valueOf(section.text("type", "category").toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            type = Contract.Type.CATEGORY;
        }
        double min = section.day("from").map(ContractReader::startMillis).orElse(Double.NEGATIVE_INFINITY);
        double max =
                section.day("to").map(day -> startMillis(day) + 86_400_000.0).orElse(Double.POSITIVE_INFINITY);
        return new Contract.Column(
                name,
                type,
                section.text("entity"),
                section.number("min", min),
                section.number("max", max),
                section.text("null", "refused").equals("allowed"),
                section.text("separator", "comma").equals("space") ? " " : ",",
                section.text("unit", "ms").equals("s"),
                Optional.empty());
    }

    private static double startMillis(Day day) {
        return day instanceof Day.Date date
                ? date.date().atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli()
                : 0;
    }

    private Contract.Column derived(String name, Section section, List<Contract.Column> columns) {
        boolean isNumber = section.has("number");
        Optional<Expression> formula = section.formula(isNumber ? "number" : "category");
        Set<String> numbers = columns.stream()
                .filter(Contract.Column::isNumber)
                .map(Contract.Column::name)
                .collect(Collectors.toSet());
        formula.ifPresent(expression -> {
            for (String used : expression.names()) {
                if (!numbers.contains(used)) {
                    problems.add(new Problem(
                            section.location(isNumber ? "number" : "category"),
                            "'" + used + "' in a formula",
                            Suggestion.oneOf(numbers, used)));
                }
            }
        });
        return new Contract.Column(
                name,
                isNumber ? Contract.Type.NUMBER : Contract.Type.CATEGORY,
                Optional.empty(),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                true,
                ",",
                false,
                Optional.of(formula.orElseGet(() -> Section.parsed("0").orElseThrow())));
    }
}

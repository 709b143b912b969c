package io.rankwright.spec;

/** Writes a {@link Shape} as a page of Markdown for people. */
final class Reference {
    private final StringBuilder page = new StringBuilder();

    private Reference() {}

    static String markdown(
            Shape.Fields feed, Shape.Fields search, Shape.Fields score, Shape.Fields contract, Shape.Fields encoder) {
        var reference = new Reference();
        reference.page.append("""
                # The application file

                Made from the engine's own schema by `rankwright schema --format markdown`: what is written here is what
                `rankwright check` accepts. **Bold** keys must be there.

                """);
        reference.section("app.yaml", " of a feed", feed);
        reference.section("app.yaml", " of a search", search);
        reference.section("app.yaml", " of a score", score);
        reference.section("contracts/NAME.yaml", "", contract);
        reference.section("encoders/NAME/encoder.yaml", "", encoder);
        return reference.page.toString();
    }

    private void section(String file, String ofWhat, Shape.Fields fields) {
        page.append("## `").append(file).append('`').append(ofWhat).append("\n\n");
        page.append(fields.about()).append("\n\n");
        list(fields, 0);
        page.append('\n');
    }

    private void list(Shape.Fields fields, int depth) {
        for (var field : fields.fields()) {
            String mark = field.isRequired() ? "**" : "";
            item(depth, mark + "`" + field.name() + "`" + mark + ": " + field.about() + words(field.shape()));
            inside(field.shape(), depth + 1);
        }
    }

    private void inside(Shape shape, int depth) {
        switch (shape) {
            case Shape.Fields fields -> list(fields, depth);
            case Shape.Named named -> inside(named.value(), depth);
            case Shape.Items items -> inside(items.item(), depth);
            case Shape.OneOrMore oneOrMore -> inside(oneOrMore.item(), depth);
            case Shape.Variants variants -> {
                if (page.indexOf("of a kind: " + variants.about()) >= 0) {
                    item(depth, "as above");
                    return;
                }
                item(depth, "of a kind: " + variants.about());
                for (var variant : variants.variants()) {
                    item(
                            depth + 1,
                            "`" + variant.name() + "`: " + variant.fields().about());
                    list(variant.fields(), depth + 2);
                }
            }
            case Shape.Value _ -> {}
        }
    }

    private static String words(Shape shape) {
        return switch (shape) {
            case Shape.Value value ->
                value.choices().isEmpty()
                        ? " *(" + value.kind().words() + ")*"
                        : " *(" + String.join(" | ", value.choices()) + ")*";
            case Shape.Items items -> " *(a list)*" + words(items.item());
            case Shape.OneOrMore oneOrMore -> words(oneOrMore.item()) + " *(or a list)*";
            case Shape.Named named -> " *(by name of the " + named.nameOf() + ")*";
            default -> "";
        };
    }

    private void item(int depth, String text) {
        page.append("  ".repeat(depth)).append("- ").append(text).append('\n');
    }
}

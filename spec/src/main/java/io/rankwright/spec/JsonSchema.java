package io.rankwright.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Writes a {@link Shape} as JSON Schema 2020-12. */
final class JsonSchema {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ObjectMapper WRITER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private JsonSchema() {}

    static String of(String title, Shape shape) {
        ObjectNode root = JSON.objectNode();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("title", title);
        root.setAll(schema(shape));
        try {
            return WRITER.writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new InternalFault("a schema that cannot be written", e);
        }
    }

    private static ObjectNode schema(Shape shape) {
        return switch (shape) {
            case Shape.Fields fields -> fields(fields);
            case Shape.Named named -> {
                ObjectNode node = JSON.objectNode().put("type", "object");
                node.set("propertyNames", JSON.objectNode().put("pattern", anchored(Shape.Kind.NAME.pattern())));
                node.set("additionalProperties", schema(named.value()));
                yield node;
            }
            case Shape.Variants variants -> {
                ObjectNode node = JSON.objectNode().put("description", variants.about());
                var choices = node.putArray("oneOf");
                variants.variants().forEach(variant -> choices.add(fields(variant.fields())));
                yield node;
            }
            case Shape.Items items -> {
                ObjectNode node = JSON.objectNode().put("type", "array");
                node.put("minItems", items.fewest()).put("maxItems", items.most());
                node.set("items", schema(items.item()));
                yield node;
            }
            case Shape.OneOrMore oneOrMore -> {
                ObjectNode node = JSON.objectNode();
                var choices = node.putArray("anyOf");
                choices.add(schema(oneOrMore.item()));
                ObjectNode list = JSON.objectNode().put("type", "array");
                list.set("items", schema(oneOrMore.item()));
                choices.add(list);
                yield node;
            }
            case Shape.Value value -> value(value);
        };
    }

    private static ObjectNode fields(Shape.Fields fields) {
        ObjectNode node = JSON.objectNode();
        boolean mayBeEmpty = fields.fields().stream().noneMatch(Shape.Field::isRequired);
        if (mayBeEmpty) {
            node.putArray("type").add("object").add("null");
        } else {
            node.put("type", "object");
        }
        node.put("description", fields.about());
        node.put("additionalProperties", false);
        ObjectNode properties = node.putObject("properties");
        for (var field : fields.fields()) {
            ObjectNode property = schema(field.shape());
            property.put("description", field.about());
            properties.set(field.name(), property);
        }
        if (!mayBeEmpty) {
            var required = node.putArray("required");
            fields.fields().stream().filter(Shape.Field::isRequired).forEach(field -> required.add(field.name()));
        }
        return node;
    }

    private static ObjectNode value(Shape.Value value) {
        ObjectNode node = JSON.objectNode();
        if (!value.choices().isEmpty()) {
            value.choices().forEach(node.withArrayProperty("enum")::add);
            return node;
        }
        var choices = node.putArray("anyOf");
        switch (value.kind()) {
            case INTEGER -> choices.addObject().put("type", "integer").put("minimum", 0);
            case NUMBER -> choices.addObject().put("type", "number");
            case COUNT -> choices.addObject().put("type", "integer").put("minimum", 0);
            case SHARE ->
                choices.addObject().put("type", "number").put("minimum", 0).put("maximum", 1);
            case BOOLEAN -> choices.addObject().put("type", "boolean");
            case TEXT, EXPRESSION -> choices.addObject().put("type", "number");
            default -> {}
        }
        if (value.kind() != Shape.Kind.INTEGER && value.kind() != Shape.Kind.NUMBER) {
            choices.addObject()
                    .put("type", "string")
                    .put("pattern", anchored(value.kind().pattern()));
        }
        return node;
    }

    private static String anchored(String pattern) {
        return "^(" + pattern + ")$";
    }
}

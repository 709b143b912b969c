package io.rankwright.log.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.spec.InternalFault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/** How a topic's values are written. Immutable, safe for any thread. */
sealed interface ValueFormat {
    /** Bytes that are no event. */
    final class Unreadable extends Exception {
        private static final long serialVersionUID = 1L;

        Unreadable(String reason) {
            super(reason);
        }
    }

    byte[] write(Map<String, String> fields);

    /** The fields as texts by column; what is missing or null is left out. */
    Map<String, String> read(byte[] value) throws Unreadable;

    /**
     * One JSON object a value: the columns are its members. The envelope of Kafka Connect's JSON converter with schemas
     * ({@code {"schema": …, "payload": …}}) is opened.
     */
    record Json() implements ValueFormat {
        private static final ObjectMapper JSON = new ObjectMapper();

        @Override
        public byte[] write(Map<String, String> fields) {
            try {
                return JSON.writeValueAsBytes(fields);
            } catch (JsonProcessingException e) {
                throw new InternalFault("an event that cannot be written", e);
            }
        }

        @Override
        public Map<String, String> read(byte[] value) throws Unreadable {
            JsonNode tree;
            try {
                tree = JSON.readTree(value);
            } catch (IOException e) {
                String fault = e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
                throw new Unreadable("is no JSON: " + fault);
            }
            if (tree != null && tree.size() == 2 && tree.has("schema") && tree.has("payload")) {
                tree = tree.get("payload");
            }
            if (tree == null || !tree.isObject()) {
                throw new Unreadable("is no JSON object; expected one with the columns as members");
            }
            var fields = new LinkedHashMap<String, String>();
            for (var member : tree.properties()) {
                JsonNode node = member.getValue();
                if (node.isContainerNode()) {
                    throw new Unreadable("'" + member.getKey() + "' is no single value; expected a text or a number");
                }
                if (!node.isNull()) {
                    fields.put(member.getKey(), node.isBoolean() ? (node.asBoolean() ? "1" : "0") : node.asText());
                }
            }
            return fields;
        }
    }

    /**
     * Avro's binary form of one record by a schema that stands in a file. Written as single objects (two bytes of mark,
     * eight of the schema's fingerprint); the bare form is read too.
     *
     * @see <a href="https://avro.apache.org/docs/1.12.0/specification/#single-object-encoding">Avro 1.12,
     *     single-object encoding</a>
     */
    record Avro(Schema schema) implements ValueFormat {
        private static final int HEADER = 10;

        private byte[] header() {
            return ByteBuffer.allocate(HEADER)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put((byte) 0xC3)
                    .put((byte) 0x01)
                    .putLong(SchemaNormalization.parsingFingerprint64(schema))
                    .array();
        }

        @Override
        public byte[] write(Map<String, String> fields) {
            var entry = new GenericData.Record(schema);
            schema.getFields()
                    .forEach(field -> entry.put(field.pos(), value(field.schema(), fields.get(field.name()))));
            var bytes = new ByteArrayOutputStream();
            try {
                bytes.writeBytes(header());
                BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
                new GenericDatumWriter<GenericRecord>(schema).write(entry, encoder);
                encoder.flush();
                return bytes.toByteArray();
            } catch (IOException | AvroRuntimeException e) {
                throw new InternalFault("an event that does not fit its Avro schema: " + e.getMessage(), e);
            }
        }

        private static @Nullable Object value(Schema schema, @Nullable String text) {
            return switch (schema.getType()) {
                case UNION ->
                    text == null
                            ? null
                            : value(
                                    schema.getTypes().stream()
                                            .filter(type -> type.getType() != Schema.Type.NULL)
                                            .findFirst()
                                            .orElseThrow(),
                                    text);
                case INT -> text == null ? null : (int) Double.parseDouble(text);
                case LONG -> text == null ? null : whole(schema, text);
                case FLOAT -> text == null ? null : Float.parseFloat(text);
                case DOUBLE -> text == null ? null : Double.parseDouble(text);
                case BOOLEAN -> text == null ? null : !text.equals("0");
                default -> text;
            };
        }

        private static long whole(Schema schema, String text) {
            long value = text.matches("-?\\d{1,18}") ? Long.parseLong(text) : (long) Double.parseDouble(text);
            return isMicros(schema) ? value * 1000 : value;
        }

        private static boolean isMicros(Schema schema) {
            return schema.getLogicalType() instanceof LogicalTypes.TimestampMicros;
        }

        @Override
        public Map<String, String> read(byte[] value) throws Unreadable {
            int from = value.length >= HEADER && Arrays.equals(value, 0, HEADER, header(), 0, HEADER) ? HEADER : 0;
            GenericRecord read;
            try {
                var decoder = DecoderFactory.get().binaryDecoder(value, from, value.length - from, null);
                read = new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
                if (!decoder.isEnd()) {
                    throw new Unreadable("is longer than its Avro schema says");
                }
            } catch (IOException | RuntimeException e) {
                throw new Unreadable("does not fit its Avro schema: " + e.getMessage());
            }
            var fields = new LinkedHashMap<String, String>();
            for (Schema.Field field : schema.getFields()) {
                Object found = read.get(field.pos());
                if (found != null) {
                    fields.put(field.name(), text(field.schema(), found));
                }
            }
            return fields;
        }

        private static String text(Schema schema, Object value) {
            if (value instanceof Boolean isTrue) {
                return isTrue ? "1" : "0";
            }
            Schema kind = schema.getType() == Schema.Type.UNION
                    ? schema.getTypes().get(GenericData.get().resolveUnion(schema, value))
                    : schema;
            return value instanceof Long micros && isMicros(kind) ? Long.toString(micros / 1000) : value.toString();
        }
    }

    /** The start of a value as text, for the quarantine. */
    static String shown(byte[] value) {
        return new String(value, 0, Math.min(value.length, 500), UTF_8);
    }
}

package io.rankwright.log.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankwright.log.Arrival;
import io.rankwright.spec.Contract;
import io.rankwright.spec.Data;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * How the events of one type stand in the records of their topic: the subject's id is the key, the fields are the value, a
 * record without a value erases its subject. Immutable, safe for any thread.
 */
public final class TopicRecords {
    private final String topic;
    private final Contract contract;
    private final Optional<String> subjectColumn;
    private final ValueFormat format;

    private TopicRecords(String topic, Contract contract, Optional<String> subjectColumn, ValueFormat format) {
        this.topic = topic;
        this.contract = contract;
        this.subjectColumn = subjectColumn;
        this.format = format;
    }

    /** The records of an event type, as the application file describes them. */
    public static TopicRecords of(FeedApplication application, String type) {
        Data.EventSource source = application.data().event(type);
        Contract contract = source.contract();
        return new TopicRecords(
                source.topic(),
                contract,
                contract.columnOf(application.framing().subject()).map(Contract.Column::name),
                format(source));
    }

    private static ValueFormat format(Data.EventSource source) {
        if (source.avro().isEmpty()) {
            return new ValueFormat.Json();
        }
        try {
            Schema schema = new Schema.Parser().parse(source.avro().get().toFile());
            if (schema.getType() != Schema.Type.RECORD) {
                throw new UserFault(
                        "the Avro schema " + source.avro().get() + " is a " + schema.getType() + "; expected a record");
            }
            return new ValueFormat.Avro(schema);
        } catch (IOException | SchemaParseException e) {
            throw new UserFault("the Avro schema " + source.avro().get() + " cannot be read: " + e.getMessage());
        }
    }

    public String topic() {
        return topic;
    }

    /** How something that arrived is written. */
    ProducerRecord<byte[], byte[]> record(Arrival.Content content) {
        return switch (content) {
            case Arrival.Happened event -> record(event.subject(), event.timeMillis(), format.write(event.fields()));
            case Arrival.Erased erased -> record(erased.subject(), erased.timeMillis(), null);
            case Arrival.Unreadable unreadable -> throw new IllegalArgumentException(unreadable.reason());
        };
    }

    private ProducerRecord<byte[], byte[]> record(String subject, long timeMillis, byte @Nullable [] value) {
        Integer anyPartition = null;
        return new ProducerRecord<>(topic, anyPartition, timeMillis, subject.getBytes(UTF_8), value);
    }

    /** What a record says. */
    public Arrival.Content content(ConsumerRecord<byte[], byte[]> read) {
        byte[] key = read.key();
        byte[] value = read.value();
        if (value == null) {
            return key == null
                    ? new Arrival.Unreadable("has neither key nor value; expected the key of a subject to erase", "")
                    : new Arrival.Erased(new String(key, UTF_8), read.timestamp());
        }
        try {
            Map<String, String> fields = format.read(value);
            String subject =
                    subjectColumn.map(column -> fields.getOrDefault(column, "")).orElse("");
            return new Arrival.Happened(subject, time(fields, read.timestamp()), fields);
        } catch (ValueFormat.Unreadable e) {
            return new Arrival.Unreadable(String.valueOf(e.getMessage()), ValueFormat.shown(value));
        }
    }

    /** Others stamp a record when they send it: when it happened stands in the event. */
    private long time(Map<String, String> fields, long stamped) {
        String column = contract.time().orElse("");
        String text = fields.getOrDefault(column, "");
        if (!text.matches("\\d{1,15}")) {
            return stamped;
        }
        boolean isInSeconds = contract.column(column).orElseThrow().isInSeconds();
        return Long.parseLong(text) * (isInSeconds ? 1000 : 1);
    }
}

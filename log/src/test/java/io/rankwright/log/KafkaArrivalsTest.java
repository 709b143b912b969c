package io.rankwright.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.rankwright.dev.KafkaBroker;
import io.rankwright.log.kafka.KafkaArrivals;
import io.rankwright.log.kafka.KafkaCluster;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real broker in a process of its own. */
class KafkaArrivalsTest extends ArrivalLogContract {
    private static final AtomicInteger TOPICS = new AtomicInteger();
    private static final String AVRO = """
            {"type": "record", "name": "Watch", "fields": [
              {"name": "user_id", "type": "string"}, {"name": "video_id", "type": "string"},
              {"name": "time_ms", "type": {"type": "long", "logicalType": "timestamp-micros"}},
              {"name": "play_time_ms", "type": "double"}, {"name": "is_click", "type": ["null", "boolean"]},
              {"name": "long_view", "type": ["null", "int"], "default": null}, {"name": "tab", "type": "string"}]}
            """;

    @TempDir
    static Path brokerFolder;

    private static KafkaBroker broker;

    @BeforeAll
    static void startBroker() {
        broker = KafkaBroker.start(brokerFolder, 0);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private static KafkaCluster cluster() {
        return KafkaCluster.parse(broker.address(), Optional.empty());
    }

    @Override
    FeedApplication application() {
        return withSource("topic: watches-" + TOPICS.get());
    }

    private FeedApplication withSource(String more) {
        TestApplication.in(folder);
        Path yaml = folder.resolve("app").resolve("app.yaml");
        try {
            Files.writeString(
                    yaml,
                    Files.readString(yaml).replace("log_standard_*.csv.gz }", "log_standard_*.csv.gz, " + more + " }"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return FeedApplication.read(folder.resolve("app"));
    }

    @Override
    ArrivalLog open(FeedApplication application) {
        TOPICS.incrementAndGet();
        return reopened(application());
    }

    @Override
    ArrivalLog reopened(FeedApplication application) {
        return KafkaArrivals.open(cluster(), application, "watch");
    }

    private static void send(String topic, Integer partition, String key, byte[] value) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", cluster().servers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            byte[] bytes = key == null ? null : key.getBytes(UTF_8);
            producer.send(new ProducerRecord<>(topic, partition, bytes, value)).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatOthersWriteAsJsonIsRead_andWhatIsNoEventGoesToQuarantineWithItsPlace() {
        String topic = "watches-" + TOPICS.get();
        String event = "{\"user_id\": \"u9\", \"video_id\": 17, \"time_ms\": 1650000000000, \"play_time_ms\": 12.5,"
                + " \"is_click\": true, \"long_view\": null, \"tab\": \"1\", \"unknown\": \"x\"}";
        send(topic, null, null, event.getBytes(UTF_8));
        send(
                topic,
                null,
                "u9",
                ("{\"schema\": {\"type\": \"struct\"}, \"payload\": " + event.replace("17", "18") + "}")
                        .getBytes(UTF_8));
        send(topic, null, "u9", "user_id=u9".getBytes(UTF_8));
        send(topic, null, "u9", event.replace("12.5", "\"soon\"").getBytes(UTF_8));

        try (ArrivalLog log = KafkaArrivals.open(cluster(), application(), "watch");
                EventLog taker = EventLog.open(folder.resolve("taker"), application())) {
            assertThat(new Intake(taker, "watch", log).catchUp(Progress.SILENT))
                    .isEqualTo(new EventLog.Counts(4, 2, 0, 2));
            assertThat(new Intake(taker, "watch", log).catchUp(Progress.SILENT)).isEqualTo(EventLog.Counts.NONE);
            assertThat(taker.quarantined(10))
                    .extracting(EventLog.Rejected::source, EventLog.Rejected::row)
                    .containsExactly(tuple("kafka:" + topic + "/0", 2L), tuple("kafka:" + topic + "/0", 3L));
            assertThat(taker.quarantined(10).getFirst().reason()).contains("no JSON");
            assertThat(taker.quarantined(10).getLast().reason())
                    .contains("play_time_ms")
                    .contains("soon");
            try (EventCursor cursor = taker.read("watch")) {
                assertThat(cursor.next()).isTrue();
                EventSchema schema = taker.schema("watch");
                assertThat(cursor.timeMillis()).isEqualTo(1_650_000_000_000L);
                assertThat(cursor.numbers()[schema.number("is_click")]).isEqualTo(1);
                assertThat(cursor.numbers()[schema.number("watch_seconds")]).isEqualTo(0.0125);
                assertThat(taker.dictionary().domain("id:video").code("17")).isPositive();
            }
        }
    }

    @Test
    void avroIsWrittenAndRead_withTheSchemaOfTheApplication() throws IOException {
        TestApplication.in(folder);
        Files.writeString(folder.resolve("app/contracts/watch.avsc"), AVRO);
        FeedApplication application = withSource("topic: avro-watches, avro: contracts/watch.avsc");
        try (ArrivalLog log = KafkaArrivals.open(cluster(), application, "watch")) {
            Arrival.Happened watch = watch("u1", 1, 1_650_000_000_123L);
            log.append(List.of(watch));
            send("avro-watches", null, "u1", new byte[] {4, 'u', '1'});

            List<Arrival> found = walk(log, log.beginning());

            assertThat(found.getFirst().content()).isEqualTo(watch);
            assertThat(found.getLast().content()).isInstanceOf(Arrival.Unreadable.class);
        }
    }

    @Test
    void aTopicOfSeveralPartitionsIsReadWhole_eachSubjectInOrder() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster().servers()))) {
            // The events are years old: a broker that drops what is older than a week would drop them half a minute on.
            var many = new NewTopic("many", 3, (short) 1).configs(Map.of("retention.ms", "-1"));
            admin.createTopics(List.of(many)).all().get();
        }
        FeedApplication application = withSource("topic: many");
        try (ArrivalLog log = KafkaArrivals.open(cluster(), application, "watch")) {
            for (int i = 0; i < 60; i++) {
                log.append(List.of(watch("u" + i % 10, i, 1_650_000_000_000L + i)));
            }

            List<Arrival> found = walk(log, log.beginning());

            assertThat(found).hasSize(60);
            assertThat(found.stream().map(Arrival::partition).distinct()).hasSizeGreaterThan(1);
            for (int user = 0; user < 10; user++) {
                String id = "u" + user;
                assertThat(found.stream()
                                .map(arrival -> (Arrival.Happened) arrival.content())
                                .filter(event -> event.subject().equals(id))
                                .map(Arrival.Happened::timeMillis))
                        .isSorted()
                        .hasSize(6);
            }
        }
    }

    @Test
    void aClusterThatDoesNotAnswerIsNamed() {
        KafkaCluster nobody = KafkaCluster.parse("kafka://127.0.0.1:1", Optional.empty());

        assertThatThrownBy(() -> KafkaArrivals.open(nobody, application(), "watch"))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("127.0.0.1:1");
    }
}

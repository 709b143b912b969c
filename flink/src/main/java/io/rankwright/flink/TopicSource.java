package io.rankwright.flink;

import io.rankwright.log.Arrival;
import io.rankwright.log.Position;
import io.rankwright.log.kafka.KafkaCluster;
import io.rankwright.log.kafka.TopicRecords;
import io.rankwright.spec.FeedApplication;
import java.util.Properties;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The exposures of a Kafka topic as a source: Flink's own connector, our reading of the records. */
final class TopicSource {
    /** The name of its counter of records that say nothing. */
    static final String UNREADABLE = "unreadable";

    private TopicSource() {}

    /** Who is told in Kafka how far the job has come, with each checkpoint. */
    static String consumer(FeedApplication application) {
        return "rankwright-" + application.name();
    }

    /**
     * The whole topic and what comes into it.
     *
     * @param bundle where the application's bundle lies
     * @param liveFrom arrivals before it are history
     */
    static KafkaSource<Arrived> unbounded(KafkaCluster cluster, String bundle, Position liveFrom) {
        return builder(cluster, bundle, liveFrom).build();
    }

    /** What is in the topic when the job starts. */
    static KafkaSource<Arrived> bounded(KafkaCluster cluster, String bundle, Position end) {
        return builder(cluster, bundle, end)
                .setBounded(OffsetsInitializer.latest())
                .build();
    }

    private static KafkaSourceBuilder<Arrived> builder(KafkaCluster cluster, String bundle, Position liveFrom) {
        FeedApplication application = Bundle.open(bundle).application();
        String type = application.framing().exposure();
        var settings = new Properties();
        settings.putAll(cluster.settings());
        settings.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        return KafkaSource.<Arrived>builder()
                .setBootstrapServers(cluster.servers())
                .setTopics(TopicRecords.of(application, type).topic())
                .setGroupId(consumer(application))
                .setProperties(settings)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new Reading(bundle, type, liveFrom.offsets()));
    }

    /** Turns records into what arrived. Marks of erasure change no feature; what says nothing is counted. */
    private static final class Reading implements KafkaRecordDeserializationSchema<Arrived> {
        private static final long serialVersionUID = 1L;

        private final String bundle;
        private final String type;
        private final long[] liveFrom;

        @SuppressWarnings("NullAway.Init")
        private transient TopicRecords records;

        @SuppressWarnings("NullAway.Init")
        private transient String[] columns;

        @SuppressWarnings("NullAway.Init")
        private transient Counter unreadable;

        Reading(String bundle, String type, long[] liveFrom) {
            this.bundle = bundle;
            this.type = type;
            this.liveFrom = liveFrom;
        }

        @Override
        public void open(DeserializationSchema.InitializationContext context) {
            FeedApplication application = Bundle.open(bundle).application();
            records = TopicRecords.of(application, type);
            columns = ArrivalSource.columns(application.data().event(type).contract())
                    .toArray(String[]::new);
            unreadable = context.getMetricGroup().counter(UNREADABLE);
        }

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> read, Collector<Arrived> out) {
            switch (records.content(read)) {
                case Arrival.Happened event -> {
                    boolean isHistory =
                            read.partition() < liveFrom.length && read.offset() < liveFrom[read.partition()];
                    out.collect(ArrivalSource.arrived(columns, read.offset(), isHistory, event));
                }
                case Arrival.Unreadable _ -> unreadable.inc();
                case Arrival.Erased _ -> {}
            }
        }

        @Override
        public TypeInformation<Arrived> getProducedType() {
            return TypeInformation.of(Arrived.class);
        }
    }
}

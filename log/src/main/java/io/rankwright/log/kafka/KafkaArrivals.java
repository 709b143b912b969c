package io.rankwright.log.kafka;

import static java.util.Objects.requireNonNull;

import io.rankwright.log.Arrival;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.Position;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The events of one type in a Kafka topic. The producer is idempotent and waits for all replicas; the subject's id is
 * the key, so that what is about one subject stays in order.
 */
public final class KafkaArrivals implements ArrivalLog {
    private static final Duration KNOWN_WITHIN = Duration.ofSeconds(10);
    private static final Duration ASKED_EVERY = Duration.ofMillis(100);
    private static final int DELIVERY_MILLIS = 10_000;

    private final KafkaCluster cluster;
    private final String topic;
    private final TopicRecords records;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final int partitions;

    private KafkaArrivals(KafkaCluster cluster, FeedApplication application, String type) {
        this.cluster = cluster;
        this.records = TopicRecords.of(application, type);
        this.topic = records.topic();
        try {
            this.admin = Admin.create(cluster.client(Map.of()));
            this.producer = new KafkaProducer<>(
                    cluster.client(Map.of(
                            ProducerConfig.ACKS_CONFIG,
                            "all",
                            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                            true,
                            ProducerConfig.COMPRESSION_TYPE_CONFIG,
                            "lz4",
                            ProducerConfig.LINGER_MS_CONFIG,
                            0,
                            ProducerConfig.MAX_BLOCK_MS_CONFIG,
                            DELIVERY_MILLIS,
                            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                            DELIVERY_MILLIS / 2,
                            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                            DELIVERY_MILLIS)),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
        } catch (KafkaException e) {
            throw cluster.fault("connect", e);
        }
        this.partitions = partitions();
    }

    /**
     * Opens the topic of an event type; makes it if it is not there, to keep everything.
     *
     * @throws io.rankwright.spec.EnvironmentFault if the cluster does not answer
     */
    public static KafkaArrivals open(KafkaCluster cluster, FeedApplication application, String type) {
        return new KafkaArrivals(cluster, application, type);
    }

    private int partitions() {
        // Events keep the time at which they happened, which may be years ago: the broker must not drop them for that.
        var fresh = new NewTopic(topic, Optional.empty(), Optional.empty())
                .configs(Map.of(TopicConfig.RETENTION_MS_CONFIG, "-1", TopicConfig.RETENTION_BYTES_CONFIG, "-1"));
        if (!cluster.result("list the topics", admin.listTopics().names()).contains(topic)) {
            try {
                cluster.result(
                        "make the topic " + topic,
                        admin.createTopics(List.of(fresh)).all());
            } catch (EnvironmentFault e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
            }
        }
        return described().partitions().size();
    }

    /** A topic that was made a moment ago is not known to every broker at once. */
    private TopicDescription described() {
        long deadline = System.nanoTime() + KNOWN_WITHIN.toNanos();
        while (true) {
            try {
                return requireNonNull(cluster.result(
                                "describe the topic " + topic,
                                admin.describeTopics(List.of(topic)).allTopicNames())
                        .get(topic));
            } catch (EnvironmentFault e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() > deadline) {
                    throw e;
                }
                LockSupport.parkNanos(ASKED_EVERY.toNanos());
            }
        }
    }

    private List<TopicPartition> all() {
        return IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
    }

    @Override
    public String name() {
        return "kafka:" + topic;
    }

    @Override
    public void append(List<Arrival.Content> arrivals) {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try {
            for (Arrival.Content content : arrivals) {
                sent.add(producer.send(records.record(content)));
            }
            producer.flush();
            for (Future<RecordMetadata> answer : sent) {
                answer.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cluster.fault("append to " + topic, e);
        } catch (ExecutionException e) {
            throw cluster.fault("append to " + topic, e.getCause() == null ? e : e.getCause());
        } catch (KafkaException e) {
            throw cluster.fault("append to " + topic, e);
        }
    }

    @Override
    public Reader read(Position from) {
        return new TopicReader(from);
    }

    private final class TopicReader implements Reader {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private Position position;

        TopicReader(Position from) {
            this.consumer = new KafkaConsumer<>(
                    cluster.client(Map.of(
                            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                            false,
                            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                            "earliest",
                            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                            "read_committed",
                            ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                            100,
                            ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                            4096)),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer());
            this.position = new Position(Arrays.copyOf(from.offsets(), partitions));
            consumer.assign(all());
            all().forEach(part -> consumer.seek(part, position.offsets()[part.partition()]));
        }

        @Override
        public List<Arrival> next(Duration patience) {
            try {
                var found = new ArrayList<Arrival>();
                for (ConsumerRecord<byte[], byte[]> read : consumer.poll(patience)) {
                    found.add(new Arrival(read.partition(), read.offset(), records.content(read)));
                }
                long[] offsets = new long[partitions];
                for (TopicPartition part : all()) {
                    offsets[part.partition()] = consumer.position(part);
                }
                position = new Position(offsets);
                return found;
            } catch (KafkaException e) {
                throw cluster.fault("read " + topic, e);
            }
        }

        @Override
        public Position position() {
            return position;
        }

        @Override
        public void close() {
            consumer.close();
        }
    }

    @Override
    public Position beginning() {
        return offsets(OffsetSpec.earliest());
    }

    @Override
    public Position end() {
        return offsets(OffsetSpec.latest());
    }

    @Override
    public Position at(long timeMillis) {
        long[] found = offsets(OffsetSpec.forTimestamp(timeMillis)).offsets();
        long[] end = end().offsets();
        for (int i = 0; i < found.length; i++) {
            found[i] = found[i] < 0 ? end[i] : found[i];
        }
        return new Position(found);
    }

    private Position offsets(OffsetSpec which) {
        var asked = new HashMap<TopicPartition, OffsetSpec>();
        all().forEach(part -> asked.put(part, which));
        Map<TopicPartition, ListOffsetsResultInfo> found = cluster.result(
                "find a place in " + topic, admin.listOffsets(asked).all());
        return new Position(all().stream()
                .mapToLong(part -> requireNonNull(found.get(part)).offset())
                .toArray());
    }

    @Override
    public Optional<Position> committed(String consumer) {
        Map<TopicPartition, OffsetAndMetadata> found = cluster.result(
                "read the position of " + consumer,
                admin.listConsumerGroupOffsets(consumer).partitionsToOffsetAndMetadata());
        if (all().stream().allMatch(part -> found.get(part) == null)) {
            return Optional.empty();
        }
        return Optional.of(new Position(all().stream()
                .mapToLong(part -> {
                    OffsetAndMetadata offset = found.get(part);
                    return offset == null ? 0 : offset.offset();
                })
                .toArray()));
    }

    @Override
    public void commit(String consumer, Position position) {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        all().forEach(part -> offsets.put(part, new OffsetAndMetadata(position.offsets()[part.partition()])));
        cluster.result(
                "keep the position of " + consumer,
                admin.alterConsumerGroupOffsets(consumer, offsets).all());
    }

    @Override
    public void dropBefore(Position position) {
        var dropped = new HashMap<TopicPartition, RecordsToDelete>();
        all().forEach(part -> dropped.put(part, RecordsToDelete.beforeOffset(position.offsets()[part.partition()])));
        cluster.result("drop from " + topic, admin.deleteRecords(dropped).all());
    }

    @Override
    public void close() {
        producer.close();
        admin.close();
    }
}

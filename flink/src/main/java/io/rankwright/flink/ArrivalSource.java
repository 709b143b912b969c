package io.rankwright.flink;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankwright.log.Arrival;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.Position;
import io.rankwright.spec.Contract;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;

/**
 * An {@link ArrivalLog} of this process as a source: one split, read in the order of arrival. The position is part of each
 * checkpoint; with one that is complete, it is the position of a consumer of the log.
 */
final class ArrivalSource implements Source<Arrived, ArrivalSource.Split, ArrivalSource.Split> {
    private static final long serialVersionUID = 1L;

    private final String address;
    private final String[] columns;
    private final String from;
    private final @Nullable String to;
    private final String consumer;
    private final long liveFrom;

    /**
     * @param address see {@link Handles}
     * @param to where to end; empty if never
     * @param consumer under which name the log is told how far it has come
     * @param liveFrom arrivals before this offset are history
     */
    ArrivalSource(
            String address, Contract contract, Position from, Optional<Position> to, String consumer, long liveFrom) {
        this.address = address;
        this.columns = columns(contract).toArray(String[]::new);
        this.from = from.toString();
        this.to = to.map(Position::toString).orElse(null);
        this.consumer = consumer;
        this.liveFrom = liveFrom;
    }

    /** The columns that a source holds, in the order of {@link Arrived#fields}. */
    static List<String> columns(Contract contract) {
        return contract.sourceColumns().stream().map(Contract.Column::name).toList();
    }

    /** The stream of it. */
    DataStream<Arrived> stream(StreamExecutionEnvironment environment, WatermarkStrategy<Arrived> watermarks) {
        return environment
                .fromSource(this, watermarks, "arrivals", TypeInformation.of(Arrived.class))
                // One log of this process is one split: a second task would have nothing to do.
                .setParallelism(1);
    }

    /** The whole log from a position on. */
    record Split(String position) implements SourceSplit {
        @Override
        public String splitId() {
            return "arrivals";
        }
    }

    @Override
    public Boundedness getBoundedness() {
        return to == null ? Boundedness.CONTINUOUS_UNBOUNDED : Boundedness.BOUNDED;
    }

    @Override
    public SplitEnumerator<Split, Split> createEnumerator(SplitEnumeratorContext<Split> context) {
        return new Enumerator(context, new Split(from));
    }

    @Override
    public SplitEnumerator<Split, Split> restoreEnumerator(SplitEnumeratorContext<Split> context, Split left) {
        return new Enumerator(context, left);
    }

    /** Gives the split to the first task; the others have nothing to do. A split of "" has been given. */
    private static final class Enumerator implements SplitEnumerator<Split, Split> {
        private final SplitEnumeratorContext<Split> context;
        private Split left;

        Enumerator(SplitEnumeratorContext<Split> context, Split left) {
            this.context = context;
            this.left = left;
        }

        @Override
        public void start() {}

        @Override
        public void handleSplitRequest(int subtask, @Nullable String host) {}

        @Override
        public void addSplitsBack(List<Split> splits, int subtask) {
            splits.forEach(split -> left = split);
        }

        @Override
        public void addReader(int subtask) {
            if (subtask == 0 && !left.position().isEmpty()) {
                context.assignSplit(left, subtask);
                left = new Split("");
            }
            context.signalNoMoreSplits(subtask);
        }

        @Override
        public Split snapshotState(long checkpoint) {
            return left;
        }

        @Override
        public void close() {}
    }

    @Override
    public SourceReader<Arrived, Split> createReader(SourceReaderContext context) {
        return new LogReader();
    }

    private final class LogReader implements SourceReader<Arrived, Split> {
        private static final long IDLE_MILLIS = 2;

        private final TreeMap<Long, Position> byCheckpoint = new TreeMap<>();
        /** Done when it is known whether there is something to read here. */
        private final CompletableFuture<Void> assigned = new CompletableFuture<>();

        private ArrivalLog.@Nullable Reader reader;

        @Override
        public void start() {}

        @Override
        public void addSplits(List<Split> splits) {
            splits.forEach(split -> reader = Handles.log(address).read(Position.parse(split.position())));
            assigned.complete(null);
        }

        @Override
        public void notifyNoMoreSplits() {
            assigned.complete(null);
        }

        @Override
        public InputStatus pollNext(ReaderOutput<Arrived> output) {
            if (reader == null) {
                return assigned.isDone() ? InputStatus.END_OF_INPUT : InputStatus.NOTHING_AVAILABLE;
            }
            List<Arrival> some = reader.next(Duration.ZERO);
            for (Arrival arrival : some) {
                if (arrival.content() instanceof Arrival.Happened event) {
                    output.collect(
                            arrived(columns, arrival.offset(), arrival.offset() < liveFrom, event), event.timeMillis());
                }
            }
            if (to != null && reader.position().hasReached(Position.parse(to))) {
                return InputStatus.END_OF_INPUT;
            }
            return some.isEmpty() ? InputStatus.NOTHING_AVAILABLE : InputStatus.MORE_AVAILABLE;
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return reader == null
                    ? assigned
                    : CompletableFuture.runAsync(
                            () -> {}, CompletableFuture.delayedExecutor(IDLE_MILLIS, TimeUnit.MILLISECONDS));
        }

        @Override
        public List<Split> snapshotState(long checkpoint) {
            if (reader == null) {
                return List.of();
            }
            byCheckpoint.put(checkpoint, reader.position());
            return List.of(new Split(reader.position().toString()));
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) {
            Position reached = byCheckpoint.get(checkpoint);
            if (reached != null) {
                Handles.log(address).commit(consumer, reached);
                byCheckpoint.headMap(checkpoint, true).clear();
            }
        }

        @Override
        public void close() {
            if (reader != null) {
                reader.close();
            }
        }
    }

    static Arrived arrived(String[] columns, long offset, boolean isHistory, Arrival.Happened event) {
        return new Arrived(
                offset,
                isHistory,
                event.timeMillis(),
                Stream.of(columns).map(event.fields()::get).toArray(String[]::new));
    }

    @Override
    public SimpleVersionedSerializer<Split> getSplitSerializer() {
        return new SplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<Split> getEnumeratorCheckpointSerializer() {
        return new SplitSerializer();
    }

    private static final class SplitSerializer implements SimpleVersionedSerializer<Split> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(Split split) {
            return split.position().getBytes(UTF_8);
        }

        @Override
        public Split deserialize(int version, byte[] bytes) {
            return new Split(new String(bytes, UTF_8));
        }
    }
}

package io.rankwright.flink;

import io.rankwright.log.ArrivalLog;
import io.rankwright.log.Position;
import io.rankwright.log.kafka.KafkaArrivals;
import io.rankwright.log.kafka.KafkaCluster;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.Snapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ParameterTool;

/**
 * What {@code flink run} starts of a job's jar (see {@link Deployment}): {@code features --log kafka://… --store
 * redis://…} keeps an online store, {@code snapshot --log kafka://… --parts ADDRESS} writes the parts of a snapshot and
 * ends. Checkpoints and state backend are the cluster's choice; how often is this job's, unless the cluster names it.
 */
public final class ClusterJob {
    static final String FEATURES = "features";
    static final String SNAPSHOT = "snapshot";

    private static final Duration CHECKPOINTS = Duration.ofSeconds(10);
    /** A partition in which nothing arrives holds the time of the others back no longer than this. */
    private static final Duration IDLE = Duration.ofMinutes(1);

    private ClusterJob() {}

    /** Describes the job to the cluster that started this. */
    public static void main(String[] arguments) throws Exception {
        String job = arguments.length == 0 ? "" : arguments[0];
        ParameterTool options =
                ParameterTool.fromArgs(Arrays.copyOfRange(arguments, Math.min(1, arguments.length), arguments.length));
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        switch (job) {
            case FEATURES -> features(environment, options);
            case SNAPSHOT -> snapshot(environment, options);
            default -> throw new UserFault("the job '" + job + "'; expected " + FEATURES + " or " + SNAPSHOT);
        }
    }

    private static void features(StreamExecutionEnvironment environment, ParameterTool options) throws Exception {
        String store = option(options, "store", "redis://HOST:PORT");
        FeedApplication application = Bundle.open(Bundle.IN_JAR).application();
        if (!environment.getCheckpointConfig().isCheckpointingEnabled()) {
            environment.enableCheckpointing(CHECKPOINTS.toMillis());
        }
        KafkaCluster cluster = cluster(options);
        var source = TopicSource.unbounded(cluster, Bundle.IN_JAR, end(cluster, application));
        FeatureJob.describe(
                environment.fromSource(
                        source,
                        FeatureJob.watermarks(application).withIdleness(IDLE),
                        "arrivals",
                        TypeInformation.of(Arrived.class)),
                Bundle.IN_JAR,
                store);
        environment.execute("rankwright features of " + application.name());
    }

    private static void snapshot(StreamExecutionEnvironment environment, ParameterTool options) throws Exception {
        String parts = option(options, "parts", "the address of a folder that every task reaches");
        Bundle bundle = Bundle.open(Bundle.IN_JAR);
        FeedApplication application = bundle.application();
        Snapshot.Manifest inputs = bundle.inputs();
        KafkaCluster cluster = cluster(options);
        var source = TopicSource.bounded(cluster, Bundle.IN_JAR, end(cluster, application));
        environment.setRuntimeMode(RuntimeExecutionMode.BATCH);
        DataSetJob.describe(
                environment.fromSource(source, DataSetJob.TIMES, "arrivals", TypeInformation.of(Arrived.class)),
                Bundle.IN_JAR,
                Snapshot.days(application, inputs),
                parts);
        environment.execute("rankwright snapshot of " + application.name());
        Parts.declareWhole(parts, inputs);
    }

    private static Position end(KafkaCluster cluster, FeedApplication application) {
        try (ArrivalLog log =
                KafkaArrivals.open(cluster, application, application.framing().exposure())) {
            return log.end();
        }
    }

    private static KafkaCluster cluster(ParameterTool options) {
        return KafkaCluster.parse(
                option(options, "log", "kafka://HOST:PORT"),
                Optional.ofNullable(options.get("log-settings")).map(Path::of));
    }

    private static String option(ParameterTool options, String name, String expected) {
        String value = options.get(name);
        if (value == null) {
            throw new UserFault("no --" + name + "; expected " + expected);
        }
        return value;
    }
}

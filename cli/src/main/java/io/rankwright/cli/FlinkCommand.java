package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.flink.Deployment;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rankwright flink}: an application's features and snapshots as jobs of a Flink cluster. */
@Command(
        name = "flink",
        mixinStandardHelpOptions = true,
        description = "Makes jobs of an application's features and snapshots for a Flink cluster.")
final class FlinkCommand extends CommandGroup {
    FlinkCommand() {
        super("'flink deploy APP'");
    }

    /** As it is written on the command line. */
    enum Job {
        features,
        snapshot
    }

    @Command(
            name = "deploy",
            mixinStandardHelpOptions = true,
            description = "Writes the jar of a job and prints the line that starts it on a Flink 2.2 cluster.")
    int deploy(
            @Mixin ApplicationOptions options,
            @Option(
                            names = "--job",
                            defaultValue = "features",
                            description = "features (default): keeps the online store; snapshot: writes the parts of a"
                                    + " snapshot and ends.")
                    Job job,
            @Option(
                            names = "--parts",
                            paramLabel = "ADDRESS",
                            description = "Where a snapshot's parts go: a folder that every task reaches, such as"
                                    + " s3://BUCKET/parts.")
                    Optional<String> parts,
            @Option(
                            names = "--parallelism",
                            defaultValue = "2",
                            description = "How many tasks side by side (default: ${DEFAULT-VALUE}).")
                    int parallelism) {
        if (parallelism < 1) {
            throw new UserFault("--parallelism " + parallelism + "; expected at least 1");
        }
        FeedApplication application = options.application();
        String topic = options.logAddress()
                .orElseThrow(() -> new UserFault("no --log; expected where events arrive: kafka://HOST:PORT"));
        Deployment made = switch (job) {
            case features -> features(options, application, topic);
            case snapshot ->
                snapshot(
                        options,
                        application,
                        topic,
                        parts.orElseThrow(() -> new UserFault("no --parts; expected the address of a folder"
                                + " that every task reaches, such as s3://BUCKET/parts")));
        };
        Deployment deployment = options.logSettings()
                .map(file -> made.with("--log-settings", file.toAbsolutePath().toString()))
                .orElse(made);
        PrintWriter out = spec().commandLine().getOut();
        out.printf("%s%n", Deployment.typed(deployment.command(parallelism, job == Job.features)));
        out.flush();
        PrintWriter err = spec().commandLine().getErr();
        err.printf(
                "the cluster needs JDK 25, and in its configuration:%n  env.java.opts.all: %s%n",
                Deployment.JAVA_OPTIONS);
        err.printf("then: %s%n", next(job, application, options, parts));
        err.flush();
        return 0;
    }

    private static String next(
            Job job, FeedApplication application, ApplicationOptions options, Optional<String> parts) {
        return switch (job) {
            case features ->
                "rankwright run %s --engine cluster --log %s --store %s"
                        .formatted(
                                application.folder(),
                                options.logAddress().orElse(""),
                                options.storeAddress().orElse(""));
            case snapshot ->
                "rankwright train %s --log %s --parts %s"
                        .formatted(application.folder(), options.logAddress().orElse(""), parts.orElse(""));
        };
    }

    private static Deployment features(ApplicationOptions options, FeedApplication application, String topic) {
        String store = options.storeAddress()
                .filter(address -> !address.equals("disk"))
                .orElseThrow(() -> new UserFault(
                        "no --store; expected one that every machine reaches, such as redis://HOST:PORT"));
        Path state = Home.state(options.homeFolder(application), options.isSimulated());
        try (EventLog log = options.log(application)) {
            return Deployment.features(jar(state, application, Job.features), application, log, topic, store);
        }
    }

    private static Deployment snapshot(
            ApplicationOptions options, FeedApplication application, String topic, String parts) {
        try (Home home = Home.take(options.homeFolder(application))) {
            Pipeline pipeline = Pipeline.of(
                    application,
                    home,
                    options.data(application),
                    TrainingRun.of(Pipeline.SEED),
                    Reporter.onErrorStream());
            return pipeline.withInputs((log, inputs) -> Deployment.snapshot(
                    jar(pipeline.state(), application, Job.snapshot), application, log, inputs, topic, parts));
        }
    }

    private static Path jar(Path state, FeedApplication application, Job job) {
        return state.resolve("flink-jobs").resolve(application.name() + "-" + job + ".jar");
    }
}

package io.rankwright.cli;

import io.helidon.webserver.http.HttpRouting;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.rankwright.cli.console.Console;
import io.rankwright.cli.console.ScoreConsole;
import io.rankwright.cli.console.SearchConsole;
import io.rankwright.cli.pipeline.Backfill;
import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.MetricsTable;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.cli.pipeline.Retrainer;
import io.rankwright.cli.pipeline.ScorePipeline;
import io.rankwright.cli.pipeline.ScoreSet;
import io.rankwright.cli.pipeline.SearchPipeline;
import io.rankwright.cli.pipeline.SearchSet;
import io.rankwright.cli.pipeline.TaskPipeline;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.flink.ClusterFeatures;
import io.rankwright.flink.FlinkEngine;
import io.rankwright.log.ArrivalLog;
import io.rankwright.registry.Version;
import io.rankwright.serving.Engine;
import io.rankwright.serving.HttpApi;
import io.rankwright.serving.Keys;
import io.rankwright.serving.Served;
import io.rankwright.serving.Server;
import io.rankwright.serving.Slots;
import io.rankwright.serving.Tracing;
import io.rankwright.serving.score.ScoreEngine;
import io.rankwright.serving.search.SearchEngine;
import io.rankwright.spec.Application;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.TrainingRun;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright run}: from the application file to a served feed; what is valid from before is used again. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "Runs an application: takes in its data, trains, evaluates, registers and serves.")
final class RunCommand implements Callable<Integer> {
    private static final int WARM_UP = 30;

    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(
            names = "--host",
            description = "The address to listen on (default 127.0.0.1; others need $RANKWRIGHT_KEYS).")
    private String host = "127.0.0.1";

    @Option(names = "--port", description = "The port to listen on (default 8080; 0 for any).")
    private int port = 8080;

    @Option(
            names = "--engine",
            description =
                    "What computes features: local (default); flink: snapshots by a batch job, the online store by a"
                            + " streaming job, both inside this process; cluster: the store is kept by the job of"
                            + " 'flink deploy'.")
    private FeatureEngine engine = FeatureEngine.local;

    /** As it is written on the command line. */
    private enum FeatureEngine {
        local,
        flink,
        cluster
    }

    @Option(names = "--no-serve", description = "Stop before serving.")
    private boolean isServingLeftOut;

    @Option(
            names = "--no-train",
            description =
                    "Serve the version that is live in the registry, and train nothing: for one of several servers.")
    private boolean isTrainingLeftOut;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > 65535) {
            throw new UserFault("the port " + port + "; expected 0 to 65535");
        }
        Keys keys =
                Keys.parse(Optional.ofNullable(System.getenv("RANKWRIGHT_KEYS")).orElse(""));
        if (System.getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != null
                || System.getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != null) {
            Tracing.start();
        }
        var reporter = Reporter.onErrorStream();
        Application application = options.anyApplication();
        reporter.say("%s: %s", application.name(), application.requirements().objective());
        Home home = Home.take(options.homeFolder(application));
        if (!isServingLeftOut) {
            Server.address(keys, host, port);
        }
        switch (application) {
            case FeedApplication feed -> run(feed, home, keys, reporter);
            case SearchApplication search -> run(search, home, keys, reporter);
            case ScoreApplication score -> run(score, home, keys, reporter);
        }
        return 0;
    }

    private void run(FeedApplication application, Home home, Keys keys, Reporter reporter) throws InterruptedException {
        Pipeline.DataChoice data = options.data(application);
        Pipeline pipeline = Pipeline.of(
                application,
                home,
                engine == FeatureEngine.flink ? data.with(FlinkEngine::snapshot) : data,
                TrainingRun.of(Pipeline.SEED),
                reporter);
        Pipeline.Prepared prepared = isTrainingLeftOut ? pipeline.live() : pipeline.run();
        PrintWriter out = tell(application, prepared.version());
        if (isServingLeftOut) {
            prepared.log().close();
            home.close();
            return;
        }
        serve(application, home, pipeline, prepared, keys, reporter, out);
    }

    private void run(SearchApplication application, Home home, Keys keys, Reporter reporter)
            throws InterruptedException {
        SearchPipeline pipeline = options.pipeline(application, home, Pipeline.SEED, reporter);
        TaskPipeline.Prepared<SearchSet> prepared = isTrainingLeftOut ? pipeline.live() : pipeline.run();
        PrintWriter out = tell(application, prepared.version());
        if (isServingLeftOut) {
            home.close();
            return;
        }
        var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        SearchSet data = prepared.data();
        SearchEngine serving;
        try (Reporter.Step step = reporter.step("start")) {
            serving = SearchEngine.start(
                    application,
                    prepared.registry(),
                    prepared.version(),
                    pipeline.state(),
                    pipeline.isSimulated(),
                    data.hash(),
                    SearchPipeline.filling(data, step),
                    meters,
                    Clock.systemUTC());
            List<String> queries =
                    data.queries().values().stream().limit(WARM_UP).toList();
            serving.warmUp(queries);
            step.outcome(
                    "%,d %ss, %d queries to warm up",
                    serving.size(), application.framing().item(), queries.size());
        }
        var console = new SearchConsole(serving, data);
        String example = URLEncoder.encode(data.queries().values().iterator().next(), StandardCharsets.UTF_8);
        listen(
                serving,
                new HttpApi(serving, meters, keys),
                keys.isEmpty() ? console::register : _ -> {},
                keys,
                home::close,
                reporter,
                out,
                "",
                "/v1/search?size=3&q=" + example);
    }

    private void run(ScoreApplication application, Home home, Keys keys, Reporter reporter)
            throws InterruptedException {
        ScorePipeline pipeline = options.pipeline(application, home, Pipeline.SEED, reporter);
        TaskPipeline.Prepared<ScoreSet> prepared = isTrainingLeftOut ? pipeline.live() : pipeline.run();
        PrintWriter out = tell(application, prepared.version());
        if (isServingLeftOut) {
            home.close();
            return;
        }
        var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ScoreSet data = prepared.data();
        ScoreEngine serving;
        try (Reporter.Step step = reporter.step("start")) {
            serving = ScoreEngine.start(
                    application,
                    prepared.registry(),
                    prepared.version(),
                    pipeline.state(),
                    pipeline.isSimulated(),
                    meters,
                    Clock.systemUTC());
            var cases = data.cases().stream().limit(WARM_UP).toList();
            serving.warmUp(cases);
            step.outcome("%d cases wait for a reviewer, %d cases to warm up", serving.queued(), cases.size());
        }
        var console = new ScoreConsole(serving, data);
        listen(
                serving,
                new HttpApi(serving, meters, keys),
                keys.isEmpty() ? console::register : _ -> {},
                keys,
                home::close,
                reporter,
                out,
                "",
                "/v1/reviews?limit=5");
    }

    /** Prints what a version reaches. */
    private PrintWriter tell(Application application, Version version) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%n%s on %s data, judged by %s%n",
                version.name(),
                version.lineage().data().toUpperCase(Locale.ROOT),
                version.lineage().testDay());
        out.print(MetricsTable.text(version, application.evaluation().baselines()));
        out.flush();
        return out;
    }

    private void serve(
            FeedApplication application,
            Home home,
            Pipeline pipeline,
            Pipeline.Prepared prepared,
            Keys keys,
            Reporter reporter,
            PrintWriter out)
            throws InterruptedException {
        var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Optional<OnlineStore> named = options.store(pipeline.state());
        Optional<OnlineStore> store = engine == FeatureEngine.flink
                ? named.or(() -> Optional.of(ApplicationOptions.diskStore(pipeline.state())))
                : named;
        Optional<FlinkEngine> flink = Optional.empty();
        switch (engine) {
            case flink -> flink = Optional.of(stream(application, pipeline, prepared, store.orElseThrow(), reporter));
            case cluster -> awaitCluster(application, prepared, store, reporter);
            case local -> store.ifPresent(slot -> Backfill.ofFirstStart(application, prepared.log(), slot, reporter));
        }
        Engine serving;
        try (Reporter.Step step = reporter.step("restore")) {
            serving = Engine.start(
                    application,
                    prepared.log(),
                    new Slots(prepared.elsewhere(), store, engine != FeatureEngine.local),
                    prepared.registry(),
                    prepared.version(),
                    pipeline.state(),
                    pipeline.isSimulated(),
                    meters,
                    Clock.systemUTC(),
                    step);
            serving.warmUp(WARM_UP);
            step.outcome(
                    "%,d events of the log, %d requests to warm up",
                    prepared.log().size(), WARM_UP);
        }
        var api = new HttpApi(serving, meters, keys);
        var console = new Console(serving, prepared.ingestion(), Home.snapshots(pipeline.state()));
        Optional<Retrainer> retrainer = application
                .serving()
                .retrain()
                .map(when -> Retrainer.start(
                        when,
                        serving,
                        training(prepared.version()),
                        pipeline.state().resolve("retraining.log")));
        Optional<FlinkEngine> streaming = flink;
        listen(
                serving,
                api,
                keys.isEmpty() ? console::register : _ -> {},
                keys,
                () -> {
                    retrainer.ifPresent(Retrainer::close);
                    streaming.ifPresent(FlinkEngine::close);
                    home.close();
                },
                reporter,
                out,
                serving.clock().isShifted() ? "; the log ends in the past, its clock goes on from there" : "",
                "/v1/feed/1?slots=5");
    }

    /** Listens until the process is asked to stop. */
    private void listen(
            Served serving,
            HttpApi api,
            Consumer<HttpRouting.Builder> pages,
            Keys keys,
            Runnable close,
            Reporter reporter,
            PrintWriter out,
            String remark,
            String example)
            throws InterruptedException {
        Server server;
        try {
            server = Server.start(serving, api, keys, host, port, pages);
        } catch (RuntimeException e) {
            serving.close();
            throw e;
        }
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            System.err.println("\nstopping");
            server.close();
            close.run();
            stopped.countDown();
        }));
        String address = "http://" + host + ":" + server.port();
        out.printf("%nserving after %.1f s%s%n", reporter.seconds(), remark);
        out.printf("  open   %s%n", address);
        out.printf("  curl   curl '%s%s'%n", address, example);
        out.printf("  stop   Ctrl-C%n");
        out.flush();
        stopped.await();
    }

    /**
     * The command that trains beside this process, after it in the queue for the cores, and tries what it has made. Where
     * nothing has changed, seed and workers give the version that is live.
     */
    private List<String> training(Version live) {
        var command = new ArrayList<>(List.of("nice", "-n", "10"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "train"));
        command.addAll(options.again());
        command.addAll(List.of("--fresh", "--canary"));
        command.addAll(List.of("--seed", Long.toString(live.lineage().seed())));
        command.addAll(List.of("--workers", Integer.toString(live.lineage().workers())));
        return command;
    }

    /** Waits until the job on the cluster has brought into the store what is in the topic now. */
    private static void awaitCluster(
            FeedApplication application, Pipeline.Prepared prepared, Optional<OnlineStore> store, Reporter reporter) {
        OnlineStore kept = store.orElseThrow(
                () -> new UserFault("--engine cluster without --store; expected the one that the job keeps"));
        ArrivalLog topic = prepared.elsewhere()
                .orElseThrow(
                        () -> new UserFault("--engine cluster without --log; expected the one that the job reads"));
        try (Reporter.Step step = reporter.step("cluster")) {
            long offset = prepared.log().nextOffset();
            ClusterFeatures.await(application, topic, step);
            new StoreWriter(application, prepared.log().catalog(), kept).declareFull(offset);
            step.outcome("the job has brought %s into the online store", topic.name());
        }
    }

    /** Starts the streaming job and waits until the store holds the history of the log. */
    private static FlinkEngine stream(
            FeedApplication application,
            Pipeline pipeline,
            Pipeline.Prepared prepared,
            OnlineStore store,
            Reporter reporter) {
        try (Reporter.Step step = reporter.step("stream")) {
            FlinkEngine flink = FlinkEngine.start(
                    application, prepared.log(), store, pipeline.state().resolve("flink"));
            long offset = flink.awaitHistory(step);
            new StoreWriter(application, prepared.log().catalog(), store).declareFull(offset);
            step.outcome(
                    "%,d events through Flink into the online store",
                    prepared.log().size());
            return flink;
        }
    }
}

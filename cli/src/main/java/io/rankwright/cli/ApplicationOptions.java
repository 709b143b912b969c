package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.RegistryPlace;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.cli.pipeline.ScorePipeline;
import io.rankwright.cli.pipeline.SearchPipeline;
import io.rankwright.features.store.DiskStore;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.RedisStore;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.EventLog;
import io.rankwright.log.kafka.KafkaArrivals;
import io.rankwright.log.kafka.KafkaCluster;
import io.rankwright.registry.Registry;
import io.rankwright.spec.Application;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which application a command works on, and where its data and its state are. */
final class ApplicationOptions {
    /** The store's cache takes this part of the memory. */
    private static final long CACHE_SHARE = 8;

    @Parameters(index = "0", paramLabel = "APP", description = "The application's folder, such as apps/video-feed.")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Option(names = "--data", paramLabel = "DIR", description = "Where the sources lie.")
    private @Nullable Path data;

    @Option(names = "--home", paramLabel = "DIR", description = "Where state is kept (default: APP/.rankwright).")
    private @Nullable Path home;

    @Option(names = "--simulate", description = "Run on simulated data even where real ones are found.")
    private boolean isSimulated;

    @Option(
            names = "--log",
            paramLabel = "ADDRESS",
            description = "Where events arrive: kafka://HOST:PORT (default: $RANKWRIGHT_LOG, else at this machine).")
    private @Nullable String log = System.getenv("RANKWRIGHT_LOG");

    @Option(
            names = "--log-settings",
            paramLabel = "FILE",
            description = "A file of Kafka client settings, such as those of SASL and TLS.")
    private @Nullable Path logSettings;

    @Option(
            names = "--store",
            paramLabel = "ADDRESS",
            description = "Where features are read from: redis://HOST:PORT, or 'disk' for this machine's disk behind a"
                    + " cache (default: $RANKWRIGHT_STORE, else the memory of the process).")
    private @Nullable String store = System.getenv("RANKWRIGHT_STORE");

    @Option(
            names = "--registry",
            paramLabel = "URL",
            description =
                    "Where versions are known: jdbc:postgresql://HOST:PORT/DATABASE or jdbc:h2:FILE, user and password"
                            + " in $RANKWRIGHT_REGISTRY_USER and _PASSWORD (default: $RANKWRIGHT_REGISTRY, else the state's folder).")
    private @Nullable String registry = System.getenv("RANKWRIGHT_REGISTRY");

    @Option(
            names = "--artefacts",
            paramLabel = "ADDRESS",
            description = "Where the files of models lie: s3://BUCKET/PREFIX (default: $RANKWRIGHT_ARTEFACTS, else the"
                    + " state's folder).")
    private @Nullable String artefacts = System.getenv("RANKWRIGHT_ARTEFACTS");

    /**
     * The application, which must be a feed.
     *
     * @throws UserFault if it is none
     */
    FeedApplication application() {
        return FeedApplication.read(folder);
    }

    /** The application, whatever its task. */
    Application anyApplication() {
        return Application.read(folder);
    }

    /** The same options for another command on the same application and state. */
    List<String> again() {
        var again = new ArrayList<>(List.of(folder.toString()));
        again.addAll(List.of("--home", homeFolder(application()).toString()));
        if (isSimulated) {
            again.add("--simulate");
        }
        again("--data", data, again);
        again("--log", log, again);
        again("--log-settings", logSettings, again);
        again("--registry", registry, again);
        again("--artefacts", artefacts, again);
        return again;
    }

    private static void again(String name, @Nullable Object value, List<String> again) {
        if (value != null) {
            again.add(name);
            again.add(value.toString());
        }
    }

    /** Where the data of an application come from; where events arrive elsewhere, it is connected. */
    Pipeline.DataChoice data(FeedApplication application) {
        return new Pipeline.DataChoice(
                Optional.ofNullable(data), isSimulated, topic(application), false, Snapshot::write, registryPlace());
    }

    /** The pipeline of a search. */
    SearchPipeline pipeline(SearchApplication application, Home home, long seed, Reporter reporter) {
        return SearchPipeline.of(
                application, home, Optional.ofNullable(data), isSimulated, registryPlace(), seed, reporter);
    }

    /** The pipeline of a score. */
    ScorePipeline pipeline(ScoreApplication application, Home home, long seed, Reporter reporter) {
        return ScorePipeline.of(
                application, home, Optional.ofNullable(data), isSimulated, registryPlace(), seed, reporter);
    }

    /** Where events arrive, connected; empty if that is this machine. */
    Optional<ArrivalLog> topic(FeedApplication application) {
        return Optional.ofNullable(log)
                .map(address -> KafkaArrivals.open(
                        KafkaCluster.parse(address, Optional.ofNullable(logSettings)),
                        application,
                        application.framing().exposure()));
    }

    /** The log of what was run before, to be read beside whoever writes it. */
    EventLog log(FeedApplication application) {
        Path folder = Home.state(homeFolder(application), isSimulated).resolve("log");
        if (!Files.isDirectory(folder)) {
            throw new UserFault("no log in " + folder + "; 'rankwright run' makes it");
        }
        return EventLog.readOnly(folder, application);
    }

    /** Where events arrive, as it was named. */
    Optional<String> logAddress() {
        return Optional.ofNullable(log);
    }

    /** The file of Kafka client settings that was named. */
    Optional<Path> logSettings() {
        return Optional.ofNullable(logSettings);
    }

    /** Where features are read from, as it was named. */
    Optional<String> storeAddress() {
        return Optional.ofNullable(store);
    }

    /** The store that was named, connected. */
    Optional<OnlineStore> store(Path state) {
        return Optional.ofNullable(store)
                .map(address -> address.equals("disk") ? diskStore(state) : RedisStore.open(address));
    }

    /** The store on this machine's disk. */
    static OnlineStore diskStore(Path state) {
        return DiskStore.open(state.resolve("store"), Runtime.getRuntime().maxMemory() / CACHE_SHARE);
    }

    Path homeFolder(Application application) {
        return Home.folder(application, Optional.ofNullable(home));
    }

    boolean isSimulated() {
        return isSimulated;
    }

    /** Where versions are kept. */
    RegistryPlace registryPlace() {
        return new RegistryPlace(Optional.ofNullable(registry), Optional.ofNullable(artefacts));
    }

    /** The registry of what was run last. */
    Registry registry() {
        return registryPlace().open(anyApplication(), state());
    }

    /** The state of what was run last: for real data if there is one, unless simulated was asked for. */
    Path state() {
        Application application = anyApplication();
        Path folder = homeFolder(application);
        if (registryPlace().isShared()) {
            return Home.state(folder, isSimulated);
        }
        return Stream.of(false, true)
                .filter(simulated -> simulated || !isSimulated)
                .map(simulated -> Home.state(folder, simulated))
                .filter(Home::hasRegistry)
                .findFirst()
                .orElseThrow(() -> new UserFault("no version of " + application.name() + " in " + folder
                        + "; 'rankwright run' makes the first one"));
    }
}

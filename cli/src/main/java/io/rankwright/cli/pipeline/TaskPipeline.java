package io.rankwright.cli.pipeline;

import io.rankwright.log.DataRoot;
import io.rankwright.models.Artefact;
import io.rankwright.registry.Gates;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs an application whose sources are read whole, up to a registered version. Killed at any moment and started again it
 * ends with the same version; what is valid is used again.
 *
 * @param <A> the application
 * @param <D> what it learns from and is judged by
 */
public abstract sealed class TaskPipeline<A extends Application, D> permits SearchPipeline, ScorePipeline {
    final A application;
    final Path state;
    final DataRoot root;
    private final RegistryPlace registry;
    final long seed;
    final Reporter reporter;

    TaskPipeline(A application, Path state, DataRoot root, RegistryPlace registry, long seed, Reporter reporter) {
        this.application = application;
        this.state = state;
        this.root = root;
        this.registry = registry;
        this.seed = seed;
        this.reporter = reporter;
    }

    public boolean isSimulated() {
        return root.isSimulated();
    }

    /** Where the state of this run lies. */
    public Path state() {
        return state;
    }

    /** What a run has made ready to serve. */
    public record Prepared<D>(D data, Registry registry, Version version) {}

    /** Runs every step whose inputs have changed, and decides which version is live. */
    public Prepared<D> run() {
        D data = data();
        Registry versions = registry.open(application, state);
        Version version = version(data, versions);
        Sources.decide(versions, version, reporter);
        return new Prepared<>(data, versions, versions.live().orElseThrow(() -> Sources.refused(application, version)));
    }

    /**
     * Reads the sources, and hands on the version that is live in the registry: nothing is trained.
     *
     * @throws io.rankwright.spec.EnvironmentFault if none is live yet
     */
    public Prepared<D> live() {
        Registry versions = registry.open(application, state);
        return new Prepared<>(data(), versions, Sources.live(versions));
    }

    /** Runs every step up to the metrics; which version is live stays as it is. */
    public Version evaluate() {
        return version(data(), registry.open(application, state));
    }

    private Version version(D data, Registry registry) {
        String key = hash(identity(data), application.hash(), modelCode(), Long.toString(seed));
        Optional<Version> known = registry.find(key);
        known.ifPresent(version -> reporter.say(
                "  %-10s %s is valid for these data, this file and this code: used again", "train", version.name()));
        return known.orElseGet(() -> registered(registry, key, identity(data), train(data)));
    }

    /**
     * What a training has made.
     *
     * @param taughtBy,judgedBy in words
     */
    record Trained(
            Map<String, byte[]> artefacts,
            Map<String, Double> metrics,
            Map<String, List<Double>> intervals,
            String taughtBy,
            String judgedBy) {}

    /** Reads the sources. */
    abstract D data();

    /** The identity of everything that is learnt from. */
    abstract String identity(D data);

    /** The identity of the code that learns and judges. */
    abstract String modelCode();

    /** Learns, and judges what was learnt on what it did not learn from. */
    abstract Trained train(D data);

    private Version registered(Registry registry, String key, String identity, Trained trained) {
        List<Gates.Result> gates = Gates.judge(
                application.evaluation().gates(),
                trained.metrics(),
                application.evaluation().baselines(),
                Optional.empty());
        var lineage = new Version.Lineage(
                application.name(),
                root.isSimulated() ? "simulated" : "real",
                identity,
                application.hash(),
                modelCode(),
                identity,
                trained.taughtBy(),
                trained.judgedBy(),
                seed,
                1,
                "cpu",
                registry.live().map(Version::id).orElse(0));
        return registry.register(new Registry.Draft(
                key,
                Instant.now().toString(),
                lineage,
                trained.artefacts(),
                trained.metrics(),
                trained.intervals(),
                gates));
    }

    static String hash(String... parts) {
        return Artefact.hash(String.join("\n", parts).getBytes(StandardCharsets.UTF_8));
    }
}

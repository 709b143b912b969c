package io.rankwright.cli.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.log.DataRoot;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.SourceRows;
import io.rankwright.log.WholeFile;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the pipelines of all tasks do alike at their beginning and their end. Stateless. */
final class Sources {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Sources() {}

    /** The folder that holds the sources of an application; empty if they are to be made. */
    static Optional<DataRoot> find(
            Application application, List<String> globs, Optional<Path> folder, boolean isSimulated) {
        Optional<Path> environment =
                Optional.ofNullable(System.getenv("RANKWRIGHT_DATA")).map(Path::of);
        return isSimulated ? Optional.empty() : DataRoot.find(application, globs, folder, environment);
    }

    static UserFault nothing(Application application) {
        return new UserFault("no data found for " + application.name()
                + ", and the application file has no data.simulate; expected --data DIR, $RANKWRIGHT_DATA, "
                + application.folder().resolve("data") + ", or a simulate section");
    }

    static void tell(DataRoot root, Reporter reporter) {
        if (root.isSimulated()) {
            reporter.say(
                    "SIMULATED DATA: no real data were found; every figure below comes from data that the engine made");
        } else {
            reporter.say("real data in %s", root.folder());
        }
    }

    static String words(Counts counts) {
        return String.format(
                Locale.ROOT,
                "%,d rows read = %,d accepted + %,d duplicates + %,d quarantined",
                counts.read(),
                counts.accepted(),
                counts.duplicates(),
                counts.quarantined());
    }

    /** Keeps what was refused beside the state, one row a line, in the place of what was refused before. */
    static void keepQuarantine(Path state, List<SourceRows.Quarantined> rows) {
        String lines = rows.stream().map(row -> json(row) + "\n").collect(Collectors.joining());
        WholeFile.write(state.resolve("quarantine.jsonl"), lines.getBytes(UTF_8));
    }

    private static String json(SourceRows.Quarantined row) {
        try {
            return JSON.writeValueAsString(row);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a row that cannot be written", e);
        }
    }

    /** Lets a version serve that has passed its gates and is new. */
    static void decide(Registry registry, Version version, Reporter reporter) {
        if (version.hasPassed() && version.stage() == Version.Stage.CANDIDATE) {
            registry.promote(version.id(), false, System.currentTimeMillis());
            reporter.say(
                    "  %-10s %s passed its %d gates and is live",
                    "gates", version.name(), version.gates().size());
        } else if (!version.hasPassed()) {
            reporter.say(
                    "  %-10s %s was refused; live stays %s",
                    "gates", version.name(), registry.live().map(Version::name).orElse("empty"));
        }
    }

    /** The version that serves. */
    static Version live(Registry registry) {
        return registry.live()
                .orElseThrow(() -> new EnvironmentFault(
                        "no version is live yet; 'rankwright train' or 'promote' makes one, on any machine that has the"
                                + " same registry",
                        true));
    }

    static UserFault refused(Application application, Version version) {
        return new UserFault(version.name() + " was refused by its gates and no other version is live:\n"
                + version.gates().stream()
                        .filter(gate -> !gate.hasPassed())
                        .map(gate -> "  " + gate.gate() + ": " + gate.values())
                        .collect(Collectors.joining("\n"))
                + "\nexpected a better model or another gate; 'rankwright promote " + application.folder() + " "
                + version.name() + " --force' serves it all the same");
    }
}

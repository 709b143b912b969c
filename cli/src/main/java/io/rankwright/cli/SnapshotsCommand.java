package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.registry.Version;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.FeatureProfiles;
import io.rankwright.training.Snapshot;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rankwright snapshots}: what models have learnt from, how it differs, and what may go. */
@Command(
        name = "snapshots",
        mixinStandardHelpOptions = true,
        description = "Lists, compares and prunes the snapshots that models learn from.")
final class SnapshotsCommand extends CommandGroup {
    SnapshotsCommand() {
        super("list, diff or prune, such as: rankwright snapshots list APP");
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists snapshots, the newest first, with the versions that learnt from them.")
    int list(@Mixin ApplicationOptions options) {
        PrintWriter out = spec().commandLine().getOut();
        Path state = options.state();
        List<Version> versions = options.registry().versions();
        out.printf(
                "%-12s %-19s %-10s %10s %9s  %s%n", "snapshot", "written", "last day", "rows", "features", "used by");
        for (Snapshot snapshot : Snapshot.all(Home.snapshots(state))) {
            out.printf(
                    Locale.ROOT,
                    "%-12s %-19s %-10s %,10d %9d  %s%n",
                    snapshot.name(),
                    snapshot.writtenAt().toString().substring(0, 19),
                    snapshot.manifest().lastDay(),
                    snapshot.manifest().rows(),
                    snapshot.manifest().features().size(),
                    users(versions, snapshot).stream()
                            .map(version -> version.name() + (version.stage() == Version.Stage.LIVE ? " (live)" : ""))
                            .collect(Collectors.joining(", ")));
        }
        out.flush();
        return 0;
    }

    private static List<Version> users(List<Version> versions, Snapshot snapshot) {
        return versions.stream()
                .filter(version ->
                        version.lineage().snapshot().equals(snapshot.manifest().contentHash()))
                .toList();
    }

    @Command(
            name = "diff",
            mixinStandardHelpOptions = true,
            description = "Tells how two snapshots differ: features, and how far their values have moved (PSI).")
    int diff(
            @Mixin ApplicationOptions options,
            @Parameters(index = "1", paramLabel = "FROM", description = "The start of a snapshot's name.") String from,
            @Parameters(index = "2", paramLabel = "TO", description = "The start of another's.") String to) {
        PrintWriter out = spec().commandLine().getOut();
        List<Snapshot> all = Snapshot.all(Home.snapshots(options.state()));
        Snapshot first = named(all, from);
        Snapshot second = named(all, to);
        out.printf(
                Locale.ROOT,
                "rows %,d -> %,d, last day %s -> %s%n",
                first.manifest().rows(),
                second.manifest().rows(),
                first.manifest().lastDay(),
                second.manifest().lastDay());
        only(second, first).forEach(feature -> out.println("+ " + feature));
        only(first, second).forEach(feature -> out.println("- " + feature));
        FeatureProfiles.drift(first, second).entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .forEach(entry -> out.printf(
                        Locale.ROOT,
                        "%-24s PSI %.4f%s%n",
                        entry.getKey(),
                        entry.getValue(),
                        entry.getValue() > 0.25 ? "  a great change" : entry.getValue() > 0.1 ? "  a change" : ""));
        out.flush();
        return 0;
    }

    private static List<String> only(Snapshot of, Snapshot without) {
        var features = new ArrayList<>(of.manifest().features());
        features.removeAll(without.manifest().features());
        return features;
    }

    private static Snapshot named(List<Snapshot> all, String name) {
        List<Snapshot> found = all.stream()
                .filter(snapshot -> snapshot.name().startsWith(name))
                .toList();
        if (found.size() != 1) {
            throw new UserFault((found.isEmpty() ? "no snapshot '" : "more than one snapshot '") + name
                    + "'; expected the start of one of "
                    + all.stream().map(Snapshot::name).collect(Collectors.joining(", ")));
        }
        return found.getFirst();
    }

    @Command(
            name = "prune",
            mixinStandardHelpOptions = true,
            description = "Deletes all but the newest snapshots, never one that the live version or a candidate names.")
    int prune(
            @Mixin ApplicationOptions options,
            @Option(
                            names = "--keep",
                            defaultValue = "3",
                            description = "How many of the newest stay at least (default: ${DEFAULT-VALUE}).")
                    int keep) {
        if (keep < 0) {
            throw new UserFault("--keep " + keep + "; expected 0 or more");
        }
        PrintWriter out = spec().commandLine().getOut();
        FeedApplication application = options.application();
        try (Home _ = Home.take(options.homeFolder(application))) {
            Path state = options.state();
            List<Version> versions = options.registry().versions();
            List<Snapshot> all = Snapshot.all(Home.snapshots(state));
            int deleted = 0;
            for (Snapshot snapshot : all.subList(Math.min(keep, all.size()), all.size())) {
                boolean isNeeded = users(versions, snapshot).stream()
                        .anyMatch(version -> version.stage() != Version.Stage.RETIRED);
                if (!isNeeded) {
                    snapshot.delete();
                    deleted++;
                    out.println("deleted " + snapshot.name());
                }
            }
            out.printf("%d deleted, %d kept%n", deleted, all.size() - deleted);
        }
        out.flush();
        return 0;
    }
}

package io.rankwright.cli;

import io.rankwright.cli.pipeline.ModelCard;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright models}: the versions of an application, with stage, lineage and metrics. */
@Command(
        name = "models",
        mixinStandardHelpOptions = true,
        description = "Lists the versions of an application's models.")
final class ModelsCommand implements Callable<Integer> {
    private static final int SHOWN = 4;

    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(
            names = "--card",
            paramLabel = "VERSION",
            description =
                    "Print the card of one version instead, as Markdown: what it is for, from what it was made, how good"
                            + " it is and for whom.")
    private @Nullable String card;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Registry registry = options.registry();
        if (card != null) {
            out.print(ModelCard.markdown(options.anyApplication(), registry, registry.version(Version.idOf(card))));
            out.flush();
            return 0;
        }
        List<Version> versions = registry.versions();
        // What the file has gates for is what it cares for.
        List<String> shown = options.anyApplication().evaluation().gates().stream()
                .flatMap(gate -> gate.names().stream())
                .distinct()
                .limit(SHOWN)
                .toList();
        out.printf(
                "%-7s %-10s %-9s %-20s %-8s %-12s %s%n",
                "version", "stage", "data", "made", "judged by", "snapshot", "metrics");
        for (Version version : versions) {
            out.printf(
                    Locale.ROOT,
                    "%-7s %-10s %-9s %-20s %-10s %-12s %s%n",
                    version.name(),
                    version.stage().name().toLowerCase(Locale.ROOT),
                    version.lineage().data(),
                    version.createdAt().substring(0, 19),
                    version.lineage().testDay(),
                    version.lineage().snapshot().substring(0, 12),
                    figures(version, shown));
            version.gates().stream()
                    .filter(gate -> !gate.hasPassed())
                    .forEach(gate -> out.printf("        refused by %s: %s%n", gate.gate(), gate.values()));
        }
        out.flush();
        return 0;
    }

    private static String figures(Version version, List<String> shown) {
        var figures = new StringBuilder();
        for (String name : shown) {
            Double value = version.metrics().get(name);
            if (value != null) {
                figures.append(figures.isEmpty() ? "" : "  ")
                        .append(name)
                        .append(String.format(Locale.ROOT, " %.4f", value));
            }
        }
        return figures.toString();
    }
}

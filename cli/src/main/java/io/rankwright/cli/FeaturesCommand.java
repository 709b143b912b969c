package io.rankwright.cli;

import io.rankwright.cli.pipeline.FeatureCatalogue;
import io.rankwright.cli.pipeline.Home;
import io.rankwright.spec.FeedApplication;
import io.rankwright.training.Snapshot;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright features}: the catalogue of an application's features. */
@Command(
        name = "features",
        mixinStandardHelpOptions = true,
        description = "Lists the features: definition, owner, values in the last snapshot, the models that use them.")
final class FeaturesCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(names = "--format", description = "table (default) or json.")
    private Json.Format format = Json.Format.table;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        FeedApplication application = options.application();
        Path state = options.state();
        FeatureCatalogue catalogue =
                FeatureCatalogue.of(application, Snapshot.all(Home.snapshots(state)), options.registry());
        PrintWriter out = spec.commandLine().getOut();
        if (format == Json.Format.json) {
            var json = new LinkedHashMap<String, Object>();
            json.put("application", application.name());
            json.put("snapshot", catalogue.snapshot().map(Snapshot::name).orElse(""));
            json.put(
                    "features",
                    catalogue.entries().stream().map(FeaturesCommand::published).toList());
            out.println(Json.text(json));
        } else {
            out.printf("%-20s %-8s %-8s %-44s %s%n", "feature", "of", "missing", "values", "definition; used by");
            for (FeatureCatalogue.Entry entry : catalogue.entries()) {
                out.printf(
                        "%-20s %-8s %-8s %-44s %s; %s%s%n",
                        entry.name(),
                        entry.scope(),
                        entry.missing(),
                        entry.values(),
                        entry.definition(),
                        entry.usedBy().isEmpty() ? "no model" : String.join(", ", entry.usedBy()),
                        entry.owner().isEmpty() ? "" : "; owner " + entry.owner());
            }
            out.println(catalogue
                    .snapshot()
                    .map(snapshot -> "values of snapshot " + snapshot.name() + ", "
                            + snapshot.manifest().rows() + " rows")
                    .orElse("no snapshot yet: 'rankwright run' writes the first one"));
        }
        out.flush();
        return 0;
    }

    private static Map<String, Object> published(FeatureCatalogue.Entry entry) {
        var published = new LinkedHashMap<String, Object>();
        published.put("name", entry.name());
        published.put("of", entry.scope());
        published.put("definition", entry.definition());
        published.put("owner", entry.owner());
        published.put("freshness", entry.freshness());
        entry.profile().ifPresent(profile -> published.put("profile", profile));
        published.put("usedBy", entry.usedBy());
        return published;
    }
}

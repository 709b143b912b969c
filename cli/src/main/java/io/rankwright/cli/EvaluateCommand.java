package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.MetricsTable;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright evaluate}: the metrics on the test day beside the baselines; trains first what is not valid. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = "Prints the metrics on the test day beside the baselines; trains first what is not valid.")
final class EvaluateCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Mixin
    private final TrainingOptions training = new TrainingOptions();

    @Option(names = "--format", description = "table (default) or json.")
    private Json.Format format = Json.Format.table;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Application application = options.anyApplication();
        try (Home home = Home.take(options.homeFolder(application))) {
            Version version = training.evaluate(application, options, home);
            PrintWriter out = spec.commandLine().getOut();
            if (format == Json.Format.table) {
                MetricsTable.print(version, application, out);
            } else {
                var json = new LinkedHashMap<String, Object>();
                json.put("application", application.name());
                json.put("data", version.lineage().data());
                json.put("test_day", version.lineage().testDay());
                json.put("model", version.name());
                json.put("metrics", MetricsTable.published(version));
                out.println(Json.text(json));
            }
            out.flush();
            return 0;
        }
    }
}

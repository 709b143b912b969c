package io.rankwright.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.MetricsTable;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import io.rankwright.spec.InternalFault;
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
    enum Format {
        table,
        json
    }

    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(names = "--format", description = "table (default) or json.")
    private Format format = Format.table;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Application application = options.application();
        try (Home home = Home.take(options.homeFolder(application))) {
            var reporter = Reporter.onErrorStream();
            Pipeline pipeline = Pipeline.of(application, home, options.data(), options.isSimulated(), reporter);
            Version version = pipeline.evaluate();
            PrintWriter out = spec.commandLine().getOut();
            if (format == Format.table) {
                out.printf(
                        "%s, %s data, test day %s, %s%n",
                        application.name(),
                        version.lineage().data(),
                        version.lineage().testDay(),
                        version.name());
                out.print(MetricsTable.text(version, application.evaluation().baselines()));
                version.gates()
                        .forEach(gate -> out.printf(
                                "  gate %-40s %s (%s)%n",
                                gate.gate(), gate.hasPassed() ? "passed" : "REFUSED", gate.values()));
            } else {
                var json = new LinkedHashMap<String, Object>();
                json.put("application", application.name());
                json.put("data", version.lineage().data());
                json.put("test_day", version.lineage().testDay());
                json.put("model", version.name());
                json.put("metrics", MetricsTable.published(version));
                out.println(text(json));
            }
            out.flush();
            return 0;
        }
    }

    private static String text(Object json) {
        try {
            return new ObjectMapper().writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new InternalFault("metrics that cannot be written", e);
        }
    }
}

package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.SearchSpace;
import io.rankwright.registry.Trial;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright tune}: searches settings of the ranker on the validation days. */
@Command(
        name = "tune",
        mixinStandardHelpOptions = true,
        description = {
            "Searches settings of the ranker by random draws and successive halving; the test day is not looked at.",
            "Each trial is a row of the registry: run again, a search goes on after the last."
        })
final class TuneCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Mixin
    private final TrainingOptions training = new TrainingOptions();

    @Option(
            names = "--try",
            required = true,
            paramLabel = "PATH=CHOICES",
            description = "A setting and what it may be: model.rank.dcn.cross=2|3|4 or"
                    + " model.rank.dcn.learning_rate=0.0005..0.005. May be given many times.")
    @SuppressWarnings("NullAway.Init")
    private List<String> tries;

    @Option(names = "--trials", description = "Settings that begin (default: ${DEFAULT-VALUE}).")
    private int trials = 9;

    @Option(
            names = "--rungs",
            description = "Each rung learns the better third of the one before on three times the rows; 1 learns all on"
                    + " all rows (default: ${DEFAULT-VALUE}).")
    private int rungs = 2;

    @Option(names = "--metric", description = "What decides (default: ${DEFAULT-VALUE}).")
    private String metric = "click.logloss";

    @Option(names = "--format", description = "table (default) or json.")
    private Json.Format format = Json.Format.table;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (trials < 1 || rungs < 1 || rungs > 10) {
            throw new UserFault(
                    "--trials " + trials + " --rungs " + rungs + "; expected at least 1 trial and 1 to 10 rungs");
        }
        FeedApplication application = options.application();
        SearchSpace space = SearchSpace.parse(tries);
        try (Home home = Home.take(options.homeFolder(application))) {
            List<Trial> best = training.pipeline(application, options, home).tune(space, trials, rungs, metric);
            PrintWriter out = spec.commandLine().getOut();
            if (format == Json.Format.json) {
                var json = new LinkedHashMap<String, Object>();
                json.put("metric", metric);
                json.put("trials", best);
                out.println(Json.text(json));
            } else {
                print(best, out);
            }
            out.flush();
            return 0;
        }
    }

    private static void print(List<Trial> trials, PrintWriter out) {
        List<String> metrics = List.copyOf(trials.getFirst().metrics().keySet());
        out.printf("%-6s %s %9s  %s%n", "trial", names(metrics), "seconds", "settings");
        for (Trial trial : trials) {
            out.printf(
                    Locale.ROOT,
                    "%-6d %s %9.1f  %s%n",
                    trial.number(),
                    trial.metrics().values().stream()
                            .map(value -> String.format(Locale.ROOT, "%14.4f", value))
                            .collect(Collectors.joining(" ")),
                    trial.seconds(),
                    trial.settings());
        }
    }

    private static String names(List<String> metrics) {
        return metrics.stream().map(name -> String.format("%14s", name)).collect(Collectors.joining(" "));
    }
}

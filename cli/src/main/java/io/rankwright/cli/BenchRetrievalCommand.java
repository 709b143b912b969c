package io.rankwright.cli;

import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.cli.pipeline.RetrievalBench;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright bench retrieval}: the classical methods of retrieval and their blend on a split of pairs. */
@Command(
        name = "retrieval",
        mixinStandardHelpOptions = true,
        description = {
            "Learns popularity, item-kNN, iALS, EASE and their blend from train.csv and ranks all items for the users of"
                    + " test.csv (columns user,item; also .gz, .jsonl, .parquet).",
            "What is chosen is chosen on pairs held out of train.csv; test.csv is only counted."
        })
final class BenchRetrievalCommand implements Callable<Integer> {
    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Where train.csv and test.csv lie.")
    @SuppressWarnings("NullAway.Init")
    private Path data;

    @Option(names = "--seed", description = "For what is held out and where iALS begins (default: ${DEFAULT-VALUE}).")
    private long seed = 7;

    @Option(names = "--format", description = "table (default) or json.")
    private Json.Format format = Json.Format.table;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        RetrievalBench.Report report =
                RetrievalBench.of(data, seed, Reporter.onErrorStream()).run();
        PrintWriter out = spec.commandLine().getOut();
        if (format == Json.Format.json) {
            out.println(json(report));
        } else {
            print(report, out);
        }
        out.flush();
        return 0;
    }

    private static String json(RetrievalBench.Report report) {
        var metrics = new LinkedHashMap<String, Double>();
        for (RetrievalBench.Result result : report.results()) {
            put(metrics, result.name(), result);
            if (result.name().equals(report.best())) {
                put(metrics, "best", result);
            }
        }
        var json = new LinkedHashMap<String, Object>();
        json.put("metrics", metrics);
        json.put("best", report.best());
        json.put("blend", report.weights());
        json.put("results", report.results());
        return Json.text(json);
    }

    private static void put(Map<String, Double> metrics, String name, RetrievalBench.Result result) {
        metrics.put(name + ".recall@20", result.recall().value());
        metrics.put(name + ".ndcg@20", result.ndcg().value());
        metrics.put(name + ".coverage@20", result.coverage());
        metrics.put(name + ".train_seconds", result.seconds());
    }

    private static void print(RetrievalBench.Report report, PrintWriter out) {
        out.printf(
                "%,d users, %,d items, %,d training pairs; full ranking, training items left out%n",
                report.subjects(), report.items(), report.pairs());
        out.printf("  %-10s %-24s %-24s %9s %9s%n", "", "recall@20", "ndcg@20", "coverage", "learnt in");
        for (RetrievalBench.Result result : report.results()) {
            out.printf(
                    "%s %-10s %.4f [%.4f, %.4f]  %.4f [%.4f, %.4f] %8.1f%% %7.1f s%n",
                    result.name().equals(report.best()) ? "*" : " ",
                    result.name(),
                    result.recall().value(),
                    result.recall().low(),
                    result.recall().high(),
                    result.ndcg().value(),
                    result.ndcg().low(),
                    result.ndcg().high(),
                    100 * result.coverage(),
                    result.seconds());
        }
        out.printf("* best by ndcg@20 on pairs held out of training; weights of the blend %s%n", report.weights());
    }
}

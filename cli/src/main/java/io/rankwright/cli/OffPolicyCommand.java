package io.rankwright.cli;

import io.rankwright.evaluation.offpolicy.Decisions;
import io.rankwright.evaluation.offpolicy.Estimate;
import io.rankwright.evaluation.offpolicy.Estimator;
import io.rankwright.log.SourceRows;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rankwright off-policy}: what another policy would have earned, from a log with propensities. */
@Command(
        name = "off-policy",
        mixinStandardHelpOptions = true,
        description =
                "Estimates what another policy would have earned from a log of what one has shown, with the probability"
                        + " of each: replay, IPS, SNIPS and, with a model's figures, the doubly robust estimator.")
final class OffPolicyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "csv, jsonl (both also as .gz) or parquet, a decision a row.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Option(names = "--reward", paramLabel = "COLUMN", description = "What came of it (default: ${DEFAULT-VALUE}).")
    private String reward = "reward";

    @Option(
            names = "--propensity",
            paramLabel = "COLUMN",
            description = "The probability with which it was shown (default: ${DEFAULT-VALUE}).")
    private String propensity = "propensity";

    @Option(
            names = "--target",
            paramLabel = "COLUMN",
            description =
                    "The probability with which the other policy would have shown it (default: ${DEFAULT-VALUE}).")
    private String target = "target";

    @Option(
            names = "--predicted",
            paramLabel = "COLUMN",
            description = "What a model expects of what was shown, for the doubly robust estimator.")
    private @Nullable String predicted;

    @Option(
            names = "--expected",
            paramLabel = "COLUMN",
            description = "What the model expects of the other policy there: its mean over all that may be shown.")
    private @Nullable String expected;

    @Option(names = "--format", description = "table (default) or json.")
    private Json.Format format = Json.Format.table;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if ((predicted == null) != (expected == null)) {
            throw new UserFault("one of --predicted and --expected; expected both, or none");
        }
        if (!Files.isRegularFile(file)) {
            throw new UserFault("no file " + file + "; expected one with the columns " + reward + ", " + propensity
                    + ", " + target);
        }
        Decisions log = decisions();
        var estimates = new LinkedHashMap<String, Estimate>();
        for (Estimator estimator : Estimator.values()) {
            if (estimator != Estimator.DR || predicted != null) {
                estimates.put(estimator.name().toLowerCase(Locale.ROOT), estimator.estimate(log));
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        if (format == Json.Format.json) {
            out.println(Json.text(Map.of("logged", log.logged(), "estimates", estimates)));
        } else {
            print(log, estimates, out);
        }
        out.flush();
        return 0;
    }

    private Decisions decisions() {
        var columns = new ArrayList<>(List.of(reward, propensity, target));
        if (predicted != null && expected != null) {
            columns.addAll(List.of(predicted, expected));
        }
        double[][] values = SourceRows.numbers(file, columns);
        if (values[0].length == 0) {
            throw new UserFault(file + " holds no decision; expected at least one row");
        }
        for (int c = 0; c < values.length; c++) {
            for (int r = 0; r < values[c].length; r++) {
                if (Double.isNaN(values[c][r])) {
                    throw new UserFault(file + ":" + (r + 2) + ": " + columns.get(c)
                            + " is empty; expected a number: nothing" + " can be said of another policy without");
                }
            }
        }
        return predicted == null
                ? Decisions.of(values[0], values[1], values[2])
                : new Decisions(values[0], values[1], values[2], values[3], values[4]);
    }

    private static void print(Decisions log, Map<String, Estimate> estimates, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "the logging policy earned %.6f a decision, %,d of them%n",
                log.logged(),
                log.rewards().length);
        out.printf("%-8s %12s  %-26s %10s%n", "", "the other", "95% interval", "worth rows");
        estimates.forEach((name, estimate) -> out.printf(
                Locale.ROOT,
                "%-8s %12.6f  [%.6f, %.6f] %14.0f%s%n",
                name,
                estimate.value(),
                estimate.low(),
                estimate.high(),
                estimate.effectiveSize(),
                estimate.isReliable()
                        ? ""
                        : String.format(Locale.ROOT, "  no verdict: fewer than %.0f", Estimate.LEAST_SIZE)));
    }
}

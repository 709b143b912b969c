package io.rankwright.cli;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.cli.pipeline.CapacityPlan;
import io.rankwright.cli.pipeline.LiveEngine;
import io.rankwright.cli.pipeline.Measured;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright plan}: what the application's requirements take, from what it costs on this machine. */
@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        description = "Capacity and cost of what the application requires, from figures measured on this machine.")
final class PlanCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(names = "--peak", description = "The busiest second over the average one (default ${DEFAULT-VALUE}).")
    private double peak = 3;

    @Option(names = "--utilisation", description = "How busy a core may be (default ${DEFAULT-VALUE}).")
    private double utilisation = 0.5;

    @Option(names = "--seen", description = "The share of slots that become events (default ${DEFAULT-VALUE}).")
    private double seen = 0.5;

    @Option(names = "--days", description = "How long the log is kept (default ${DEFAULT-VALUE}).")
    private int days = 30;

    @Option(names = "--copies", description = "Of what must not be lost (default ${DEFAULT-VALUE}).")
    private int copies = 3;

    @Option(names = "--machine-cores", description = "Cores of one machine (default ${DEFAULT-VALUE}).")
    private int machineCores = 32;

    @Option(names = "--machine-memory", description = "GiB of one machine (default ${DEFAULT-VALUE}).")
    private int machineMemory = 128;

    @Option(names = "--core-hour", description = "Price of a core and hour (default ${DEFAULT-VALUE}).")
    private double coreHour = 0.04;

    @Option(names = "--gib-month", description = "Price of a GiB of disk and month (default ${DEFAULT-VALUE}).")
    private double gibMonth = 0.08;

    @Option(names = "--gib-traffic", description = "Price of a GiB sent (default ${DEFAULT-VALUE}).")
    private double gibTraffic = 0.02;

    @Option(names = "--format", description = "table (default) or json.")
    private Json.Format format = Json.Format.table;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!(utilisation > 0 && utilisation <= 1) || !(peak >= 1) || !(seen >= 0 && seen <= 1)) {
            throw new UserFault("--utilisation " + utilisation + ", --peak " + peak + ", --seen " + seen
                    + "; expected shares between 0 and 1 and a peak of 1 or more");
        }
        if (days < 1 || copies < 1 || machineCores < 1 || machineMemory < 1) {
            throw new UserFault("--days, --copies, --machine-cores and --machine-memory; expected 1 or more");
        }
        FeedApplication application = options.application();
        var assumptions = new CapacityPlan.Assumptions(
                peak, utilisation, seen, days, copies, machineCores, machineMemory, coreHour, gibMonth, gibTraffic);
        Measured measured;
        try (LiveEngine live = LiveEngine.open(
                application,
                options.registry(),
                options.homeFolder(application),
                options.state(),
                new SimpleMeterRegistry(),
                Reporter.onErrorStream())) {
            measured = live.measure();
        }
        CapacityPlan plan = CapacityPlan.of(application, measured, assumptions);
        PrintWriter out = spec.commandLine().getOut();
        if (format == Json.Format.json) {
            out.println(Json.text(Map.of("measured", measured, "lines", plan.lines(), "limits", plan.limits())));
        } else {
            print(plan, out);
        }
        out.flush();
        return 0;
    }

    private static void print(CapacityPlan plan, PrintWriter out) {
        for (CapacityPlan.Line line : plan.lines()) {
            out.printf(
                    Locale.ROOT,
                    "%-22s %,18.1f %-11s = %s%n%54s  %s%n",
                    line.name(),
                    line.value(),
                    line.unit(),
                    line.formula(),
                    "",
                    line.assumption());
        }
        out.printf("%nThis machine alone%n");
        for (CapacityPlan.Limit limit : plan.limits()) {
            out.printf(
                    Locale.ROOT,
                    "%-22s goes to %,18.0f %s of %,.0f%s%n",
                    limit.slot(),
                    limit.reachedAt(),
                    limit.unit(),
                    limit.required(),
                    limit.isReached() ? "; then: " + limit.moves() : ", which is enough");
        }
    }
}

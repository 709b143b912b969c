package io.rankwright.cli.pipeline;

import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Requirements;
import java.util.ArrayList;
import java.util.List;

/**
 * How many machines an application needs for what its file requires, from what one request, event, user and item were
 * measured to cost on this machine. Every line says how it was computed and what was assumed. Immutable.
 *
 * @param lines the plan
 * @param limits of this machine: how far it goes alone, and which slot moves to which engine behind it
 */
public record CapacityPlan(List<Line> lines, List<Limit> limits) {
    /**
     * One figure.
     *
     * @param assumption what was taken for granted; empty if nothing
     */
    public record Line(String name, double value, String unit, String formula, String assumption) {}

    /**
     * Where the design of one machine ends.
     *
     * @param reachedAt at how much of what
     * @param required how much the application requires
     * @param moves what moves where
     */
    public record Limit(String slot, double reachedAt, double required, String unit, String moves) {
        public boolean isReached() {
            return required > reachedAt;
        }
    }

    /**
     * What is not measured but chosen.
     *
     * @param peak how much busier the busiest second is than the average one
     * @param utilisation how busy a core may be at the peak
     * @param seenShare the share of slots that become an exposure in the log
     * @param retentionDays how long the log keeps events
     * @param copies of what must not be lost
     * @param machineCores of one machine of the fleet
     * @param machineMemoryGib of one machine of the fleet
     * @param coreHour price of one core for one hour
     * @param gibMonth price of one GiB of disk for one month
     * @param gibTraffic price of one GiB sent out
     */
    public record Assumptions(
            double peak,
            double utilisation,
            double seenShare,
            int retentionDays,
            int copies,
            int machineCores,
            int machineMemoryGib,
            double coreHour,
            double gibMonth,
            double gibTraffic) {}

    private static final double GIB = 1L << 30;
    private static final double DAY = 86_400;
    /** What of this machine may go into taking events in, beside answering. */
    private static final double LOG_SHARE = 0.25;

    /** Makes the plan of an application. */
    public static CapacityPlan of(FeedApplication application, Measured measured, Assumptions chosen) {
        Requirements wanted = application.requirements();
        var lines = new ArrayList<Line>();
        double requestsADay = (double) wanted.subjects() * wanted.requestsPerSubjectPerDay();
        double average = requestsADay / DAY;
        double peak = average * chosen.peak();
        lines.add(new Line(
                "requests a day",
                requestsADay,
                "requests",
                "users × requests a user and day",
                "requirements.scale of the file"));
        lines.add(new Line(
                "peak rate",
                peak,
                "requests/s",
                "requests a day / 86,400 × peak",
                "the busiest second is " + chosen.peak() + " times the average"));
        double servingCores = peak * measured.requestCpuMillis() / 1000 / chosen.utilisation();
        lines.add(new Line(
                "cores for answers",
                Math.ceil(servingCores),
                "cores",
                "peak rate × processor time a request / utilisation",
                "%.2f ms a request measured here; a core is at most %.0f%% busy"
                        .formatted(measured.requestCpuMillis(), 100 * chosen.utilisation())));
        double events = requestsADay * application.serving().slots() * chosen.seenShare();
        double eventPeak = events / DAY * chosen.peak();
        lines.add(new Line(
                "events a day",
                events,
                "events",
                "requests a day × slots × share seen",
                "%d slots, %.0f%% of them are seen and logged"
                        .formatted(application.serving().slots(), 100 * chosen.seenShare())));
        double featureCores = eventPeak * measured.eventCpuMicros() / 1e6 / chosen.utilisation();
        lines.add(new Line(
                "cores for features",
                Math.ceil(featureCores),
                "cores",
                "peak events/s × processor time an event / utilisation",
                "%.1f µs an event measured by a replay here; Flink takes about twenty times as much, for it carries records from task to task"
                        .formatted(measured.eventCpuMicros())));
        double logBytes = events * measured.eventBytes() * chosen.copies();
        lines.add(new Line(
                "log a day",
                logBytes / GIB,
                "GiB",
                "events a day × bytes an event × copies",
                "%.0f bytes of JSON an event, not compressed; %d copies"
                        .formatted(measured.eventBytes(), chosen.copies())));
        double answerBytes = requestsADay * measured.loggedBytes();
        lines.add(new Line(
                "logged answers a day",
                answerBytes / GIB,
                "GiB",
                "requests a day × bytes a logged answer",
                "%.1f kB an answer with features and propensities; one copy".formatted(measured.loggedBytes() / 1e3)));
        double disk = (logBytes + answerBytes) * chosen.retentionDays();
        lines.add(new Line(
                "disk for the log",
                disk / GIB,
                "GiB",
                "(log + logged answers a day) × days kept",
                chosen.retentionDays() + " days are kept"));
        double stateBytes =
                (wanted.subjects() * measured.subjectBytes() + wanted.items() * measured.itemBytes()) * chosen.copies();
        lines.add(new Line(
                "feature state",
                stateBytes / GIB,
                "GiB",
                "(users × bytes a user + items × bytes an item) × copies",
                "%.0f bytes a user, %.0f an item as measured here, where histories are those of this log"
                        .formatted(measured.subjectBytes(), measured.itemBytes())));
        double vectors = wanted.items() * measured.vectorBytes();
        lines.add(new Line(
                "vector index",
                vectors / GIB,
                "GiB",
                "items × bytes an item",
                "%.0f bytes an item in the index here".formatted(measured.vectorBytes())));
        double shardBytes = chosen.machineMemoryGib() * GIB / 2;
        double shards = Math.max(1, Math.ceil(vectors / shardBytes));
        lines.add(new Line(
                "index shards",
                shards,
                "shards",
                "vector index / half the memory of a machine",
                chosen.machineMemoryGib() + " GiB a machine; searched in memory"));
        double replicas = Math.max(2, Math.ceil(servingCores / chosen.machineCores() / shards));
        lines.add(new Line(
                "replicas a shard",
                replicas,
                "replicas",
                "cores for answers / cores a machine / shards, two at least",
                chosen.machineCores() + " cores a machine"));
        lines.add(new Line(
                "network at the peak",
                peak * measured.answerBytes() * 8 / 1e9,
                "Gbit/s",
                "peak rate × bytes an answer × 8",
                "%.1f kB an answer".formatted(measured.answerBytes() / 1e3)));
        long seconds = measured.trainingSecondsPerMillion();
        if (seconds > 0) {
            lines.add(new Line(
                    "training on a day",
                    events / 1e6 * seconds / 3600 * measured.cores(),
                    "core hours",
                    "events a day / 1 M × seconds a million here × cores here",
                    seconds + " s a million exposures on " + measured.cores() + " cores; every exposure once"));
        }
        lines.add(new Line(
                "cost of cores",
                (servingCores + featureCores) * 24 * 30 * chosen.coreHour(),
                "a month",
                "(cores for answers + features) × 720 h × price",
                chosen.coreHour() + " a core and hour"));
        lines.add(new Line(
                "cost of disk",
                (disk + stateBytes) / GIB * chosen.gibMonth(),
                "a month",
                "(disk for the log + feature state) × price",
                chosen.gibMonth() + " a GiB and month"));
        lines.add(new Line(
                "cost of traffic",
                requestsADay * 30 * measured.answerBytes() / GIB * chosen.gibTraffic(),
                "a month",
                "requests a month × bytes an answer × price",
                chosen.gibTraffic() + " a GiB"));
        return new CapacityPlan(List.copyOf(lines), limits(wanted, measured, chosen, peak, eventPeak, disk));
    }

    private static List<Limit> limits(
            Requirements wanted, Measured measured, Assumptions chosen, double peak, double eventPeak, double disk) {
        double memory = measured.memoryBytes() / 2.0;
        return List.of(
                new Limit(
                        "answers",
                        measured.cores() * chosen.utilisation() * 1000 / measured.requestCpuMillis(),
                        peak,
                        "requests/s",
                        "replicas of the server behind a load balancer, which share log and store"),
                new Limit(
                        "log",
                        measured.cores() * LOG_SHARE * 1e6 / measured.eventCpuMicros(),
                        eventPeak,
                        "events/s",
                        "Kafka (--log kafka://…), as many partitions as it takes"),
                new Limit(
                        "disk of the log",
                        measured.diskBytes() / GIB,
                        disk / GIB,
                        "GiB",
                        "Kafka with tiered storage, or S3 for what is old"),
                new Limit(
                        "feature state, users",
                        memory / Math.max(1, measured.subjectBytes()),
                        wanted.subjects(),
                        "users",
                        "Redis (--store redis://…), kept by Flink (flink deploy)"),
                new Limit(
                        "vector index",
                        memory / Math.max(1, measured.vectorBytes()),
                        wanted.items(),
                        "items",
                        "OpenSearch's k-NN index, sharded; not built yet"));
    }
}

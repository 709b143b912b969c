package io.rankwright.cli.pipeline;

import io.rankwright.evaluation.experiment.Power;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;

/**
 * What an experiment could find: by what the subjects of the log did in its last days, the smallest change that one look at
 * two arms of the same size finds. Immutable.
 *
 * @param days that were looked at
 * @param subjects that would take part
 */
public record ExperimentPlan(long days, long subjects, List<Line> lines) {
    private static final double ALPHA = 0.05;
    private static final double POWER = 0.8;

    /**
     * One metric.
     *
     * @param mean over subjects, or of the ratio
     * @param deviation of one subject
     * @param detectable the smallest relative change that is found with a chance of 80%, at a level of 5%
     * @param subjectsForOne how many subjects of both arms a change of 1% needs
     */
    public record Line(String metric, double mean, double deviation, double detectable, long subjectsForOne) {}

    /**
     * Looks at the last days of a log.
     *
     * @param share of the subjects that would take part
     * @throws UserFault if the application names no online metric, or fewer than ten subjects came
     */
    public static ExperimentPlan of(FeedApplication application, EventLog log, int days, double share) {
        var names = new ArrayList<String>();
        application.evaluation().primary().ifPresent(names::add);
        names.addAll(application.evaluation().guardrails());
        List<OnlineMetric> metrics = names.stream()
                .map(name -> OnlineMetric.of(name, application, log))
                .filter(metric -> metric.per() != OnlineMetric.Per.ANSWER)
                .toList();
        if (metrics.isEmpty()) {
            throw new UserFault(
                    "no evaluation.online.primary in the application file; expected the metric that decides");
        }
        String exposure = application.framing().exposure();
        int place = log.schema(exposure).codeIndex(application.subjectColumn()).orElseThrow();
        long last = log.lastTimeMillis(exposure).orElse(0);
        long from = last - Duration.ofDays(days).toMillis();
        // Of each subject the sum of each metric, and last the exposures.
        var sums = new HashMap<Integer, double[]>();
        try (EventCursor cursor = log.read(exposure, Math.max(0, from), Long.MAX_VALUE)) {
            while (cursor.next()) {
                Event event = cursor.event();
                double[] of = sums.computeIfAbsent(event.codes()[place], _ -> new double[metrics.size() + 1]);
                for (int m = 0; m < metrics.size(); m++) {
                    double value = metrics.get(m).ofExposure().applyAsDouble(event);
                    of[m] += Double.isNaN(value) ? 0 : value;
                }
                of[metrics.size()]++;
            }
        }
        long subjects = Math.round(sums.size() * share);
        if (subjects < 10) {
            throw new UserFault(subjects + " subjects came in " + days
                    + " days; expected ten at least, so more days or a" + " greater share");
        }
        var lines = new ArrayList<Line>();
        for (int m = 0; m < metrics.size(); m++) {
            lines.add(line(metrics.get(m), m, metrics.size(), sums.values().toArray(double[][]::new), subjects));
        }
        return new ExperimentPlan(days, subjects, lines);
    }

    private static Line line(OnlineMetric metric, int place, int exposures, double[][] units, long subjects) {
        boolean isOfSubject = metric.per() == OnlineMetric.Per.SUBJECT;
        double numerator =
                Arrays.stream(units).mapToDouble(unit -> unit[place]).average().orElseThrow();
        double denominator = isOfSubject
                ? 1
                : Arrays.stream(units)
                        .mapToDouble(unit -> unit[exposures])
                        .average()
                        .orElseThrow();
        double mean = numerator / denominator;
        // Of a ratio by the delta method: what a subject is off the ratio.
        double variance = Arrays.stream(units)
                .mapToDouble(unit -> (unit[place] - mean * (isOfSubject ? 1 : unit[exposures])) / denominator)
                .map(off -> off * off)
                .average()
                .orElseThrow();
        double deviation = Math.sqrt(variance);
        return new Line(
                metric.name(),
                mean,
                deviation,
                Power.detectable(deviation, subjects / 2, subjects - subjects / 2, ALPHA, POWER) / Math.abs(mean),
                mean == 0 ? Long.MAX_VALUE : 2 * Power.units(deviation, 0.01 * mean, ALPHA, POWER));
    }
}

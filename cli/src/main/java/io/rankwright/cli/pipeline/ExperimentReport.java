package io.rankwright.cli.pipeline;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.rankwright.evaluation.experiment.Comparison;
import io.rankwright.evaluation.experiment.Outcomes;
import io.rankwright.evaluation.experiment.SampleRatio;
import io.rankwright.evaluation.experiment.Verdict;
import io.rankwright.log.Dictionary;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.registry.Experiment;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an experiment came to: of each arm the subjects that saw it, and how each metric differs from the control's. Subjects
 * count from their first answer on; what they did in the two weeks before the first answer of the experiment makes the
 * comparison sharper. Immutable.
 *
 * @param subjects that saw an answer, an arm
 * @param sampleRatio the p-value of arms as large as they were meant to be
 * @param metrics the primary metric first, then the guardrails
 * @param looks how the primary metric of each arm has gone, the earliest first
 * @param verdicts of each arm but the control
 */
public record ExperimentReport(
        String experiment,
        boolean isRunning,
        Map<String, Long> subjects,
        double sampleRatio,
        List<Metric> metrics,
        List<Look> looks,
        Map<String, Verdict> verdicts) {
    private static final Duration BEFORE = Duration.ofDays(14);
    private static final JsonFactory JSON = new JsonFactory();

    /**
     * One metric of one arm.
     *
     * @param comparison with the control
     */
    public record Metric(String name, String arm, boolean isPrimary, boolean isLowBetter, Comparison comparison) {}

    /**
     * What the primary metric of an arm had come to by a moment.
     *
     * @param value,low,high the relative change against the control, with the interval that holds at every look
     */
    public record Look(String arm, long timeMillis, double value, double low, double high) {}

    /** The stretches between looks: from the first answer to the end of the log. */
    private record Looks(long beginMillis, long endMillis) {
        static final int COUNT = 24;

        int of(long timeMillis) {
            double share = (double) (timeMillis - beginMillis) / Math.max(1, endMillis - beginMillis);
            return Math.clamp((int) (share * COUNT), 0, COUNT - 1);
        }

        long endOf(int look) {
            return beginMillis + (endMillis - beginMillis) * (look + 1) / COUNT;
        }
    }

    /** What one subject did. */
    private static final class Unit {
        private final int arm;
        private final long sinceMillis;
        private final double[] during;
        private final double[] before;
        private double answers;
        private double slow;
        private double exposures;
        private double exposuresBefore;
        /** Of the primary metric, and the exposures, in the stretch before each look. */
        private final double[] primaryByLook = new double[Looks.COUNT];

        private final double[] exposuresByLook = new double[Looks.COUNT];

        Unit(int arm, long sinceMillis, int metrics) {
            this.arm = arm;
            this.sinceMillis = sinceMillis;
            this.during = new double[metrics];
            this.before = new double[metrics];
        }
    }

    /** One answer, as far as it matters here. */
    private record Answered(String subject, long timeMillis, List<String> arms, double millis) {}

    /**
     * Joins the logged answers with what the subjects did.
     *
     * @throws UserFault if fewer than two subjects have seen an arm
     */
    public static ExperimentReport of(FeedApplication application, EventLog log, Experiment experiment) {
        var names = new ArrayList<String>();
        application.evaluation().primary().ifPresent(names::add);
        names.addAll(application.evaluation().guardrails());
        if (names.isEmpty()) {
            throw new UserFault(
                    "no evaluation.online.primary in the application file; expected the metric that decides");
        }
        List<OnlineMetric> metrics = names.stream()
                .map(name -> OnlineMetric.of(name, application, log))
                .toList();
        List<String> arms = experiment.arms().stream().map(Experiment.Arm::name).toList();
        Map<String, Unit> units = answered(application, log, experiment, arms, metrics.size());
        long begin = units.values().stream()
                .mapToLong(unit -> unit.sinceMillis)
                .min()
                .orElse(0);
        var looks = new Looks(
                begin, log.lastTimeMillis(application.framing().exposure()).orElse(begin));
        addEvents(application, log, metrics, units, looks);
        long[] counts = new long[arms.size()];
        units.values().forEach(unit -> counts[unit.arm]++);
        for (int arm = 0; arm < counts.length; arm++) {
            if (counts[arm] < 2) {
                throw new UserFault("the arm '" + arms.get(arm) + "' was seen by " + counts[arm]
                        + " subjects; expected two at least: is a server running that follows the experiment?");
            }
        }
        return judged(
                experiment,
                arms,
                counts,
                metrics,
                units,
                looks,
                application.evaluation().primary().isPresent());
    }

    private static Map<String, Unit> answered(
            FeedApplication application, EventLog log, Experiment experiment, List<String> arms, int metrics) {
        var units = new HashMap<String, Unit>();
        double slow = OnlineMetric.slowMillis(application);
        log.forEachAnswer(bytes -> {
            Answered answer = read(bytes);
            for (String seen : answer.arms()) {
                int slash = seen.indexOf('/');
                int arm = arms.indexOf(seen.substring(slash + 1));
                if (seen.substring(0, slash).equals(experiment.name()) && arm >= 0) {
                    Unit unit =
                            units.computeIfAbsent(answer.subject(), _ -> new Unit(arm, answer.timeMillis(), metrics));
                    unit.answers++;
                    unit.slow += answer.millis() > slow ? 1 : 0;
                }
            }
        });
        return units;
    }

    private static Answered read(byte[] bytes) {
        String subject = "";
        long timeMillis = 0;
        double millis = 0;
        var arms = new ArrayList<String>();
        try (JsonParser parser = JSON.createParser(bytes)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "subject" -> subject = parser.getText();
                    case "timeMillis" -> timeMillis = parser.getLongValue();
                    case "arms" -> {
                        while (parser.nextToken() != JsonToken.END_ARRAY) {
                            arms.add(parser.getText());
                        }
                    }
                    case "timings" -> {
                        while (parser.nextToken() == JsonToken.FIELD_NAME) {
                            parser.nextToken();
                            millis += parser.getDoubleValue();
                        }
                    }
                    default -> {
                        if (value.isStructStart()) {
                            parser.skipChildren();
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new InternalFault("a logged answer that cannot be read", e);
        }
        return new Answered(subject, timeMillis, arms, millis);
    }

    private static void addEvents(
            FeedApplication application,
            EventLog log,
            List<OnlineMetric> metrics,
            Map<String, Unit> units,
            Looks looks) {
        String exposure = application.framing().exposure();
        int place = log.schema(exposure).codeIndex(application.subjectColumn()).orElseThrow();
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        var byCode = new HashMap<Integer, Unit>();
        units.forEach((subject, unit) -> byCode.put(ids.code(subject), unit));
        long begin = looks.beginMillis();
        try (EventCursor cursor = log.read(exposure, begin - BEFORE.toMillis(), Long.MAX_VALUE)) {
            while (cursor.next()) {
                Event event = cursor.event();
                Unit unit = byCode.get(event.codes()[place]);
                boolean isBefore = event.timeMillis() < begin;
                if (unit == null || (!isBefore && event.timeMillis() < unit.sinceMillis)) {
                    continue;
                }
                double[] sums = isBefore ? unit.before : unit.during;
                double ofPrimary = 0;
                for (int m = 0; m < sums.length; m++) {
                    double value = metrics.get(m).ofExposure().applyAsDouble(event);
                    double counted = Double.isNaN(value) ? 0 : value;
                    sums[m] += counted;
                    ofPrimary = m == 0 ? counted : ofPrimary;
                }
                if (isBefore) {
                    unit.exposuresBefore++;
                } else {
                    unit.exposures++;
                    int look = looks.of(event.timeMillis());
                    unit.primaryByLook[look] += ofPrimary;
                    unit.exposuresByLook[look]++;
                }
            }
        }
    }

    private static ExperimentReport judged(
            Experiment experiment,
            List<String> arms,
            long[] counts,
            List<OnlineMetric> metrics,
            Map<String, Unit> units,
            Looks looks,
            boolean hasPrimary) {
        var found = new ArrayList<Metric>();
        for (int m = 0; m < metrics.size(); m++) {
            Outcomes[] outcomes = new Outcomes[arms.size()];
            Arrays.setAll(outcomes, _ -> new Outcomes());
            for (Unit unit : units.values()) {
                add(outcomes[unit.arm], metrics.get(m), unit, m);
            }
            for (int arm = 1; arm < outcomes.length; arm++) {
                found.add(new Metric(
                        metrics.get(m).name(),
                        arms.get(arm),
                        m == 0 && hasPrimary,
                        metrics.get(m).isLowBetter(),
                        Comparison.of(outcomes[0], outcomes[arm], Comparison.Settings.USUAL)));
            }
        }
        double[] meant =
                experiment.arms().stream().mapToDouble(Experiment.Arm::size).toArray();
        double sampleRatio = SampleRatio.pValue(counts, meant);
        var subjects = new LinkedHashMap<String, Long>();
        var verdicts = new LinkedHashMap<String, Verdict>();
        for (int arm = 0; arm < counts.length; arm++) {
            String name = arms.get(arm);
            subjects.put(name, counts[arm]);
            var guardrails = new LinkedHashMap<String, Verdict.Guardrail>();
            found.stream()
                    .filter(metric -> metric.arm().equals(name) && !metric.isPrimary())
                    .forEach(metric -> guardrails.put(
                            metric.name(), new Verdict.Guardrail(metric.comparison(), metric.isLowBetter(), 0)));
            found.stream()
                    .filter(metric -> metric.arm().equals(name) && metric.isPrimary())
                    .forEach(metric -> verdicts.put(
                            name, Verdict.of(sampleRatio, metric.comparison(), metric.isLowBetter(), guardrails)));
        }
        return new ExperimentReport(
                experiment.name(),
                experiment.isRunning(),
                subjects,
                sampleRatio,
                List.copyOf(found),
                hasPrimary ? looks(arms, metrics.getFirst(), units, looks) : List.of(),
                verdicts);
    }

    /** What the primary metric of each arm had come to at each look; looks at which an arm had nobody yet are left out. */
    private static List<Look> looks(List<String> arms, OnlineMetric metric, Map<String, Unit> units, Looks looks) {
        if (metric.per() == OnlineMetric.Per.ANSWER) {
            return List.of();
        }
        var found = new ArrayList<Look>();
        List<Unit> all = List.copyOf(units.values());
        // Of each subject what it has come to by the look.
        double[] sums = new double[all.size()];
        double[] exposures = new double[all.size()];
        for (int look = 0; look < Looks.COUNT; look++) {
            long end = looks.endOf(look);
            Outcomes[] outcomes = new Outcomes[arms.size()];
            Arrays.setAll(outcomes, _ -> new Outcomes());
            long[] counts = new long[arms.size()];
            for (int u = 0; u < sums.length; u++) {
                Unit unit = all.get(u);
                sums[u] += unit.primaryByLook[look];
                exposures[u] += unit.exposuresByLook[look];
                if (unit.sinceMillis <= end) {
                    counts[unit.arm]++;
                    boolean isOfSubject = metric.per() == OnlineMetric.Per.SUBJECT;
                    outcomes[unit.arm].add(
                            sums[u],
                            isOfSubject ? 1 : exposures[u],
                            unit.before[0],
                            isOfSubject ? 1 : unit.exposuresBefore);
                }
            }
            for (int arm = 1; arm < counts.length; arm++) {
                if (counts[0] >= 2 && counts[arm] >= 2) {
                    Comparison.Relative relative = Comparison.of(outcomes[0], outcomes[arm], Comparison.Settings.USUAL)
                            .relative();
                    found.add(new Look(arms.get(arm), end, relative.value(), relative.low(), relative.high()));
                }
            }
        }
        return List.copyOf(found);
    }

    private static void add(Outcomes outcomes, OnlineMetric metric, Unit unit, int m) {
        switch (metric.per()) {
            case ANSWER -> outcomes.add(unit.slow, unit.answers);
            case SUBJECT -> outcomes.add(unit.during[m], 1, unit.before[m], 1);
            case EXPOSURE -> outcomes.add(unit.during[m], unit.exposures, unit.before[m], unit.exposuresBefore);
        }
    }
}

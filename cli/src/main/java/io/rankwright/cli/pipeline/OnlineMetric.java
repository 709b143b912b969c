package io.rankwright.cli.pipeline;

import io.rankwright.features.Formulas;
import io.rankwright.log.Event;
import io.rankwright.log.EventLog;
import io.rankwright.spec.Expression;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing;
import io.rankwright.spec.UserFault;
import java.time.Duration;
import java.util.function.ToDoubleFunction;

/**
 * A metric of {@code evaluation.online}: {@code COLUMN_per_SUBJECT} (the sum over a subject's exposures), {@code LABEL_rate} or
 * {@code ctr} (the share of exposures for which it holds), {@code latency_p99} (the share of answers slower than {@code
 * requirements.latency.p99}, one in a hundred if it is just met).
 *
 * @param per what it is counted by
 * @param ofExposure what an exposure adds to the numerator
 */
record OnlineMetric(String name, Per per, ToDoubleFunction<Event> ofExposure) {
    /** What the denominator counts. */
    enum Per {
        SUBJECT,
        EXPOSURE,
        ANSWER
    }

    /** Where the application names none. */
    private static final Duration USUAL = Duration.ofMillis(200);

    /**
     * Reads a metric's name.
     *
     * @throws UserFault if it means nothing
     */
    static OnlineMetric of(String name, FeedApplication application, EventLog log) {
        if (name.equals("latency_p99")) {
            return new OnlineMetric(name, Per.ANSWER, _ -> 0);
        }
        var formulas =
                new Formulas(application, log.schema(application.framing().exposure()), log.dictionary());
        String perSubject = "_per_" + application.framing().subject();
        if (name.endsWith(perSubject)) {
            String column = name.substring(0, name.length() - perSubject.length());
            try {
                return new OnlineMetric(name, Per.SUBJECT, formulas.compile(Expression.parse(column)));
            } catch (Expression.Fault | IllegalArgumentException e) {
                throw unknown(name, application);
            }
        }
        String label = name.equals("ctr") ? application.framing().relevance().name() : name.replaceFirst("_rate$", "");
        Framing.Label known = application.framing().labels().stream()
                .filter(candidate -> candidate.name().equals(label) && (name.equals("ctr") || name.endsWith("_rate")))
                .findFirst()
                .orElseThrow(() -> unknown(name, application));
        return new OnlineMetric(name, Per.EXPOSURE, formulas.label(known));
    }

    /** Of answers the slow ones are counted. */
    boolean isLowBetter() {
        return per == Per.ANSWER;
    }

    private static UserFault unknown(String name, FeedApplication application) {
        return new UserFault("the online metric '" + name + "'; expected COLUMN_per_"
                + application.framing().subject() + ", LABEL_rate, ctr or latency_p99");
    }

    /** Slower answers count for {@code latency_p99}. */
    static double slowMillis(FeedApplication application) {
        return application.requirements().latencyP99().orElse(USUAL).toMillis();
    }
}

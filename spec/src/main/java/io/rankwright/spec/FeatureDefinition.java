package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Step 4: one feature, defined once, computed by the same code offline and online. Immutable.
 *
 * <p>A reference is written {@code source.column}, where the source is an entity or an event.
 */
public sealed interface FeatureDefinition {
    String name();

    /** Whom a feature describes, and so the section of the file in which it stands. */
    enum Scope {
        SUBJECT,
        ITEM,
        PAIR,
        CONTEXT
    }

    Scope scope();

    /** The place in the application file. */
    Location location();

    /** What it is, in the words of the application file. */
    default String definition() {
        return switch (this) {
            case Categorical it -> "categorical: " + it.column();
            case Numeric it -> "number: " + it.formula();
            case Age it -> "age: " + it.column();
            case Sequence it ->
                "sequence: " + it.column() + ", last: " + it.last() + where(it.where())
                        + it.start().map(start -> ", start: " + start).orElse("");
            case Aggregate it ->
                it.kind().name().toLowerCase(Locale.ROOT) + ": "
                        + it.value().map(Expression::toString).orElse(it.event()) + where(it.where()) + by(it.by())
                        + it.window()
                                .map(window -> ", window: " + Units.text(window))
                                .orElse("") + prior(it.prior());
            case Share it -> "share: " + it.part() + ", of: " + it.whole() + by(it.by()) + prior(it.prior());
            case Recency it -> "recency: " + it.event() + where(it.where()) + by(it.by());
            case Match it -> "match: " + it.sequence() + ", on: " + it.column();
            case Embedding it ->
                "embedding: "
                        + (it.columns().size() == 1 ? it.columns().getFirst().toString() : it.columns())
                        + ", encoder: " + it.encoder().word();
            case Calendar it -> it.isHour() ? "hour of the day" : "day of the week";
        };
    }

    /** When its value becomes another one. */
    default String freshness() {
        return switch (this) {
            case Categorical it when it.scope() == Scope.CONTEXT -> "each request";
            case Categorical _, Numeric _, Embedding _ -> "each row of the entity";
            case Share _ -> "fixed: before the log";
            case Age _, Calendar _ -> "each moment";
            case Recency _ -> "each moment and event";
            case Sequence _, Aggregate _, Match _ -> "each event";
        };
    }

    private static String where(Optional<Expression> where) {
        return where.map(condition -> ", where: " + condition).orElse("");
    }

    private static String by(List<Reference> by) {
        return by.isEmpty() ? "" : ", by: " + (by.size() == 1 ? by.getFirst().toString() : by.toString());
    }

    private static String prior(double prior) {
        return prior == 0
                ? ""
                : ", prior: " + (prior == Math.rint(prior) ? Long.toString((long) prior) : Double.toString(prior));
    }

    /** A category of an entity, or of the request. */
    record Categorical(String name, Scope scope, Location location, Reference column) implements FeatureDefinition {}

    /** A number of an entity, as a formula over the columns of one entity or of the request. */
    record Numeric(String name, Scope scope, Location location, Expression formula) implements FeatureDefinition {}

    /** How long ago a TIME or DATE column of an entity was, in days. */
    record Age(String name, Scope scope, Location location, Reference column) implements FeatureDefinition {}

    /**
     * The last items of the subject's events, newest last.
     *
     * @param column the ID column of the event
     * @param last how many at most
     * @param where which events count: a formula over the event's columns and the labels
     * @param start an IDS column of the subject with what came before the log
     */
    record Sequence(
            String name,
            Scope scope,
            Location location,
            Reference column,
            int last,
            Optional<Expression> where,
            Optional<Reference> start)
            implements FeatureDefinition {}

    /** What an {@link Aggregate} does with the values. */
    enum Kind {
        COUNT,
        SUM,
        MEAN,
        RATE
    }

    /**
     * A count, sum, mean or rate over the events of one key, over a window or for ever.
     *
     * @param event the event that is aggregated
     * @param value the formula that is summed, averaged or, for a rate, the condition; empty for a count
     * @param where which events count at all
     * @param by the parts of the key
     * @param window how far back; empty for ever
     * @param prior for a rate or mean: how many imaginary events at the overall average it starts from
     */
    record Aggregate(
            String name,
            Scope scope,
            Location location,
            Kind kind,
            String event,
            Optional<Expression> value,
            Optional<Expression> where,
            List<Reference> by,
            Optional<Duration> window,
            double prior)
            implements FeatureDefinition {
        public Aggregate {
            by = List.copyOf(by);
            requireNonNull(window);
        }
    }

    /**
     * Of what is listed in one IDS column of the subject, the share that another one lists too, over all subjects with
     * the same key: what is known of the time before the log. The prior counts as in {@link Aggregate}.
     *
     * @param part the column with some of the items
     * @param whole the column with all of them
     */
    record Share(
            String name,
            Scope scope,
            Location location,
            Reference part,
            Reference whole,
            List<Reference> by,
            double prior)
            implements FeatureDefinition {
        public Share {
            by = List.copyOf(by);
        }
    }

    /** How long ago the key's last event was, in seconds; missing before the first. */
    record Recency(
            String name, Scope scope, Location location, String event, Optional<Expression> where, List<Reference> by)
            implements FeatureDefinition {
        public Recency {
            by = List.copyOf(by);
        }
    }

    /** How many members of a sequence share an attribute with the candidate. */
    record Match(String name, Scope scope, Location location, String sequence, Reference column)
            implements FeatureDefinition {}

    /**
     * Texts or an image of an entity as one vector of a pre-trained encoder, which a tower looks at. No input of a ranker.
     *
     * @param columns of one entity, their texts joined in this order; one of an image
     */
    record Embedding(String name, Scope scope, Location location, List<Reference> columns, Encoder encoder)
            implements FeatureDefinition {
        public Embedding {
            columns = List.copyOf(columns);
        }
    }

    /** The hour of the day (0 to 23) or the day of the week (1 Monday to 7), in the time zone of the split. */
    record Calendar(String name, Scope scope, Location location, boolean isHour) implements FeatureDefinition {}

    /** {@code source.column}; the column is empty where the entity's id itself is meant. */
    record Reference(String source, String column) {
        @Override
        public String toString() {
            return column.isEmpty() ? source : source + "." + column;
        }
    }
}

package io.rankwright.spec;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Step 2: the task of machine learning. Immutable.
 *
 * @param exposure the event that carries the labels: one showing of an item to a subject
 * @param utility what the ranker sorts by, a formula over the labels
 * @param utilityMeans what a utility is, in words for people: {@code expected watch seconds}
 */
public record Framing(
        Task task,
        String subject,
        String item,
        String exposure,
        List<Label> labels,
        Expression utility,
        String utilityMeans) {
    public Framing {
        labels = List.copyOf(labels);
    }

    /** The three tasks. */
    public enum Task {
        FEED,
        SEARCH,
        SCORE;

        /** As it is written in an application file. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One thing to predict of an exposure: a condition (yes or no) or a value (a number).
     *
     * @param condition the formula of a yes-or-no label
     * @param value the formula of a numeric label
     * @param given the label that must hold for this one to be learnt
     */
    public record Label(
            String name, Optional<Expression> condition, Optional<Expression> value, Optional<String> given) {
        public boolean isBinary() {
            return condition.isPresent();
        }

        /** The formula, whichever it is. */
        public Expression formula() {
            return condition.or(() -> value).orElseThrow();
        }
    }

    public Label label(String name) {
        return labels.stream()
                .filter(label -> label.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InternalFault("no label " + name));
    }

    /** The first yes-or-no label: what counts as relevant when a list is judged. */
    public Label relevance() {
        return labels.stream().filter(Label::isBinary).findFirst().orElseThrow();
    }
}

package io.rankwright.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.rankwright.evaluation.experiment.Assignment;
import io.rankwright.spec.Serving;
import java.util.ArrayList;
import java.util.List;

/**
 * How a new version comes to serve everyone: it answers a growing share of the subjects, until it does harm or serves all.
 * Immutable.
 *
 * @param version that is tried
 * @param shares of the subjects, one step after the other
 * @param holdMillis how long a step is held at least
 * @param entries what happened, the first step first
 * @param outcome how it ended, or that it has not
 */
public record Canary(int version, List<Double> shares, long holdMillis, List<Entry> entries, Outcome outcome) {
    public Canary {
        shares = List.copyOf(shares);
        entries = List.copyOf(entries);
    }

    /** How a canary ended. */
    public enum Outcome {
        RUNNING,
        PROMOTED,
        ROLLED_BACK,
        STOPPED
    }

    /**
     * Something that happened.
     *
     * @param share of the subjects from then on
     * @param millis by the clock of the machine
     * @param words why
     */
    public record Entry(double share, long millis, String words) {}

    static Canary started(int version, Serving.Canary how, long nowMillis) {
        var first = new Entry(how.steps().getFirst(), nowMillis, "started");
        return new Canary(version, how.steps(), how.hold().toMillis(), List.of(first), Outcome.RUNNING);
    }

    @JsonIgnore
    public boolean isRunning() {
        return outcome == Outcome.RUNNING;
    }

    /** The share of the subjects that it answers now. */
    public double share() {
        return entries.getLast().share();
    }

    /**
     * Whether it answers a subject; whom it answers once, it answers to its end. Another canary of the same version has other
     * subjects first: those of this one have seen it.
     */
    public boolean answers(String subject) {
        String salt = "canary/" + version + "/" + entries.getFirst().millis();
        return isRunning() && Assignment.place(salt, subject) < share();
    }

    /** Whether the step has been held for as long as it should be. */
    public boolean isHeld(long nowMillis) {
        return nowMillis - entries.getLast().millis() >= holdMillis;
    }

    /** Whether no step is left but everyone. */
    @JsonIgnore
    public boolean isLastStep() {
        return entries.size() >= shares.size();
    }

    Canary widened(long nowMillis) {
        double next = shares.get(entries.size());
        return with(new Entry(next, nowMillis, "no harm seen"), Outcome.RUNNING);
    }

    Canary ended(Outcome how, String words, long nowMillis) {
        return with(new Entry(how == Outcome.PROMOTED ? 1 : 0, nowMillis, words), how);
    }

    private Canary with(Entry entry, Outcome outcome) {
        var all = new ArrayList<>(entries);
        all.add(entry);
        return new Canary(version, shares, holdMillis, all, outcome);
    }
}

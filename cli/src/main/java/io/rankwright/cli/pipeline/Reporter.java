package io.rankwright.cli.pipeline;

import io.rankwright.log.Progress;
import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;

/**
 * Tells a person at a terminal how far the work is, on the error stream: one line a step, with rate and remaining time
 * while it runs. Without a terminal only the beginning and the end of a step are told. One thread at a time, but for the
 * progress of a step.
 */
public final class Reporter {
    private final PrintStream out;
    private final boolean isTerminal;
    private final long startNanos = System.nanoTime();

    public Reporter(PrintStream out, boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    /** Tells on the error stream of this process, as suits what it leads to. */
    public static Reporter onErrorStream() {
        return new Reporter(
                System.err,
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false));
    }

    /** A step that says how far it is, and at its end what came of it. */
    public final class Step implements Progress, AutoCloseable {
        private final String name;
        private final long stepNanos = System.nanoTime();
        private long toldNanos = stepNanos;
        private String outcome = "not finished";

        private Step(String name) {
            this.name = name;
            if (isTerminal) {
                out.printf("  %-10s …", name);
                out.flush();
            }
        }

        @Override
        public synchronized void at(long done, long total, String unit) {
            long now = System.nanoTime();
            if (!isTerminal || now - toldNanos < 200_000_000L) {
                return;
            }
            toldNanos = now;
            double seconds = (now - stepNanos) / 1e9;
            String remaining = total > 0 && done > 0 && done < total
                    ? String.format(Locale.ROOT, ", %.0f s left", seconds * (total - done) / done)
                    : "";
            String share = total > 0 ? String.format(Locale.ROOT, "%3d%% ", 100 * done / total) : "";
            out.printf("\r  %-10s %s%,d %s, %,.0f/s%s\u001B[K", name, share, done, unit, done / seconds, remaining);
            out.flush();
        }

        /** Says what came of the step; told when it ends. */
        public void outcome(String words, Object... arguments) {
            outcome = String.format(Locale.ROOT, words, arguments);
        }

        @Override
        public void close() {
            out.printf(
                    Locale.ROOT,
                    "%s  %-10s %s (%.1f s)%s%n",
                    isTerminal ? "\r" : "",
                    name,
                    outcome,
                    (System.nanoTime() - stepNanos) / 1e9,
                    isTerminal ? "\u001B[K" : "");
            out.flush();
        }
    }

    public Step step(String name) {
        return new Step(name);
    }

    /** A line of its own. */
    public void say(String words, Object... arguments) {
        out.printf(Locale.ROOT, words + "%n", arguments);
        out.flush();
    }

    /** Seconds since the command began. */
    public double seconds() {
        return (System.nanoTime() - startNanos) / 1e9;
    }
}

package io.rankwright.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that does nothing but name others. */
abstract class CommandGroup implements Runnable {
    private final String expected;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** @param expected what to say to one who names none of them */
    CommandGroup(String expected) {
        this.expected = expected;
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected " + expected);
    }
}

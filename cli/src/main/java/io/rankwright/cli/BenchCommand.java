package io.rankwright.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code rankwright bench}: measures the engine's methods on published data sets. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures the engine's methods on published data sets.",
        subcommands = BenchRetrievalCommand.class)
final class BenchCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "expected what to measure: rankwright bench retrieval --data DIR");
    }
}

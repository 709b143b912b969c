package io.rankwright.cli;

import picocli.CommandLine.Command;

/** {@code rankwright bench}: measures the engine's methods on published data sets. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures the engine's methods on published data sets.",
        subcommands = BenchRetrievalCommand.class)
final class BenchCommand extends CommandGroup {
    BenchCommand() {
        super("what to measure: rankwright bench retrieval --data DIR");
    }
}

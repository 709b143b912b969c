package io.rankwright.cli;

import io.rankwright.registry.Version;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rankwright promote}: lets a version serve; a running server follows within a second. */
@Command(name = "promote", mixinStandardHelpOptions = true, description = "Lets a version serve.")
final class PromoteCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Parameters(index = "1", paramLabel = "VERSION", description = "The version, such as v3.")
    @SuppressWarnings("NullAway.Init")
    private String version;

    @Option(names = "--force", description = "Even if a gate has refused it.")
    private boolean isForced;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Version live = options.registry().promote(Version.idOf(version), isForced, System.currentTimeMillis());
        spec.commandLine().getOut().printf("%s is live%n", live.name());
        return 0;
    }
}

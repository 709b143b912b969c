package io.rankwright.cli;

import io.rankwright.registry.Version;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rankwright rollback}: takes back the last step towards a new version. */
@Command(
        name = "rollback",
        mixinStandardHelpOptions = true,
        description = "Ends the canary that runs; if none does, lets the version serve again that did before.")
final class RollbackCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Version live = options.registry().rollback(System.currentTimeMillis());
        spec.commandLine().getOut().printf("%s serves everyone%n", live.name());
        return 0;
    }
}

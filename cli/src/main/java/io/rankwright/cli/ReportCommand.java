package io.rankwright.cli;

import io.rankwright.cli.console.ApplicationReport;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright report}: one page of an application, its seven steps told in its own numbers. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = "Writes one page of an application as Markdown and HTML: its seven steps in its own numbers.")
final class ReportCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(names = "--out", paramLabel = "DIR", description = "Where to write it (default: docs/applications).")
    private Path out = Path.of("docs", "applications");

    @Option(
            names = "--of",
            paramLabel = "VERSION",
            description = "The version that is told of (default: the live one).")
    private @Nullable String named;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Registry registry = options.registry();
        Version version = named == null
                ? registry.live()
                        .orElseThrow(() -> new UserFault(
                                "no version is live; 'rankwright run' makes the first one, or name" + " one with --of"))
                : registry.version(Version.idOf(named));
        PrintWriter printer = spec.commandLine().getOut();
        new ApplicationReport(options.anyApplication(), registry, version)
                .write(out)
                .forEach(printer::println);
        printer.flush();
        return 0;
    }
}

package io.rankwright.cli;

import io.rankwright.spec.Application;
import io.rankwright.spec.ApplicationShape;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rankwright schema}: the JSON Schema of application files, for editors; or the reference page. */
@Command(
        name = "schema",
        mixinStandardHelpOptions = true,
        description = "Prints the JSON Schema of an application file, so that editors complete and check it.")
final class SchemaCommand implements Callable<Integer> {
    enum Format {
        json,
        markdown
    }

    @Parameters(
            paramLabel = "APP",
            arity = "0..1",
            description = "The application whose words for subject and item are used (default: user and video).")
    private @Nullable Path folder;

    @Option(names = "--contract", description = "The schema of a contract instead.")
    private boolean isContract;

    @Option(names = "--encoder", description = "The schema of an encoder's encoder.yaml instead.")
    private boolean isEncoder;

    @Option(names = "--format", description = "json (default), or markdown for the reference page.")
    private Format format = Format.json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (format == Format.markdown) {
            out.print(ApplicationShape.reference());
        } else if (isContract) {
            out.print(ApplicationShape.contractJsonSchema());
        } else if (isEncoder) {
            out.print(ApplicationShape.encoderJsonSchema());
        } else if (folder == null) {
            out.print(ApplicationShape.jsonSchema("user", "video"));
        } else {
            out.print(ApplicationShape.jsonSchema(Application.read(folder)));
        }
        out.flush();
        return 0;
    }
}

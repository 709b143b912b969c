package io.rankwright.cli;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rankwright new}: a commented application file, with contracts, that checks. */
@Command(name = "new", mixinStandardHelpOptions = true, description = "Writes a commented application to start from.")
final class NewCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "The name of the application; letters, digits and '-'.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Option(names = "--task", description = "${COMPLETION-CANDIDATES} (default: feed).")
    private Task task = Task.feed;

    /** As it is written on the command line, with the contracts of what it starts from. */
    private enum Task {
        feed,
        search,
        score;

        List<String> contracts() {
            return switch (this) {
                case feed -> List.of("view", "user", "item");
                case search -> List.of("item", "query", "judgement");
                case score -> List.of("message");
            };
        }
    }

    @Option(names = "--in", paramLabel = "DIR", description = "The folder to make it in (default: apps).")
    private Path parent = Path.of("apps");

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!name.matches("[A-Za-z][A-Za-z0-9-]{0,60}")) {
            throw new UserFault("the name '" + name + "'; expected letters, digits and '-', a letter first");
        }
        Path folder = parent.resolve(name);
        if (Files.exists(folder)) {
            throw new UserFault(folder + " is there already; expected a new name");
        }
        try {
            Files.createDirectories(folder.resolve("contracts"));
            write(folder, "app.yaml");
            for (String contract : task.contracts()) {
                write(folder, "contracts/" + contract + ".yaml");
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not write " + folder + ": " + e.getMessage(), true, e);
        }
        spec.commandLine().getOut().printf("%s%nnext: rankwright check %s%n", folder.resolve("app.yaml"), folder);
        return 0;
    }

    private void write(Path folder, String file) throws IOException {
        String template = "new/" + task + "/" + file;
        try (InputStream in = NewCommand.class.getResourceAsStream(template)) {
            if (in == null) {
                throw new InternalFault("no template " + template);
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Files.writeString(folder.resolve(file), text.replace("APPLICATION_NAME", name));
        }
    }
}

package io.rankwright.flink;

import io.rankwright.log.EventLog;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import io.rankwright.training.Snapshot;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A job for a Flink cluster: one jar that holds the code and the application with its entities, and the command that
 * starts it. The machines of the cluster need nothing else but a JDK 25.
 *
 * @param jar what is given to the cluster
 * @param arguments of {@link ClusterJob}
 */
public record Deployment(Path jar, List<String> arguments) {
    /** The options that a JVM of the cluster needs for it. */
    public static final String JAVA_OPTIONS = "--add-opens=java.base/java.util=ALL-UNNAMED"
            + " --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED"
            + " --sun-misc-unsafe-memory-access=allow --add-modules=jdk.incubator.vector";

    public Deployment {
        arguments = List.copyOf(arguments);
    }

    /** The job that keeps an online store. */
    public static Deployment features(Path jar, FeedApplication application, EventLog log, String topic, String store) {
        write(jar, application, log, Optional.empty());
        return new Deployment(jar, List.of(ClusterJob.FEATURES, "--log", topic, "--store", store));
    }

    /**
     * The job that writes the parts of a snapshot.
     *
     * @param parts the address of a folder that every task of the cluster reaches
     */
    public static Deployment snapshot(
            Path jar, FeedApplication application, EventLog log, Snapshot.Manifest inputs, String topic, String parts) {
        write(jar, application, log, Optional.of(inputs));
        return new Deployment(jar, List.of(ClusterJob.SNAPSHOT, "--log", topic, "--parts", parts));
    }

    /** The same with one more argument for the job. */
    public Deployment with(String option, String value) {
        return new Deployment(
                jar, Stream.concat(arguments.stream(), Stream.of(option, value)).toList());
    }

    /**
     * What starts it.
     *
     * @param isDetached whether the command ends while the job runs on
     */
    public List<String> command(int parallelism, boolean isDetached) {
        return Stream.of(
                        Stream.of("flink", "run"),
                        isDetached ? Stream.of("--detached") : Stream.<String>empty(),
                        Stream.of(
                                "--parallelism",
                                Integer.toString(parallelism),
                                "--class",
                                ClusterJob.class.getName(),
                                jar.toString()),
                        arguments.stream())
                .flatMap(words -> words)
                .toList();
    }

    /** A command as it is typed into a shell. */
    public static String typed(List<String> command) {
        return command.stream()
                .map(word -> word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }

    private static void write(Path jar, FeedApplication application, EventLog log, Optional<Snapshot.Manifest> inputs) {
        Path bundle = jar.resolveSibling(jar.getFileName() + ".bundle");
        Path partial = jar.resolveSibling(jar.getFileName() + ".partial");
        try {
            Files.createDirectories(jar.toAbsolutePath().getParent());
            Bundle.write(bundle, application, log, inputs);
            Files.copy(code(), partial, StandardCopyOption.REPLACE_EXISTING);
            try (FileSystem inside = FileSystems.newFileSystem(partial, Map.of())) {
                Files.copy(bundle, inside.getPath(Bundle.RESOURCE));
            }
            Files.move(partial, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            Files.delete(bundle);
        } catch (IOException e) {
            throw new EnvironmentFault("could not write " + jar + ": " + e.getMessage(), true, e);
        }
    }

    /** Beside this part's classes the build lays one jar of them and of all they need. */
    private static Path code() {
        try {
            Path here = Path.of(Deployment.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path jar = here.resolveSibling("job").resolve("rankwright-job.jar");
            if (!Files.exists(jar)) {
                throw new EnvironmentFault("no job in " + jar + "; expected it there: build anew", false);
            }
            return jar;
        } catch (URISyntaxException e) {
            throw new InternalFault("cannot find the job's jar", e);
        }
    }
}

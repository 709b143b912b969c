package io.rankwright.dev;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The machine's own PostgreSQL with a database of its own in a folder, on a port of loopback, open to who is on this machine:
 * for trying and for tests. One thread at a time.
 */
public final class PostgresServer implements AutoCloseable {
    /** PostgreSQL refuses to run as root; Debian's package makes this user. */
    private static final String USER = "postgres";

    private final ServerProcess process;
    private final int port;

    private PostgresServer(ServerProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts a server and waits until it listens.
     *
     * @param folder of its data, made if it is not there; run by root it must be where the user {@code postgres} gets to
     * @param port the port of this machine; 0 for any
     * @throws EnvironmentFault if there is no PostgreSQL on this machine
     */
    public static PostgresServer start(Path folder, int port) {
        int chosen = port == 0 ? ServerProcess.freePort() : port;
        Path programs = programs();
        List<String> as =
                "root".equals(System.getProperty("user.name")) ? List.of("runuser", "-u", USER, "--") : List.of();
        Path data = folder.resolve("data");
        try {
            Files.createDirectories(folder);
            if (!as.isEmpty()) {
                Files.setOwner(
                        folder,
                        folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(USER));
            }
        } catch (IOException e) {
            throw new EnvironmentFault("cannot write to " + folder + ": " + e.getMessage(), true, e);
        }
        if (!Files.exists(data.resolve("PG_VERSION"))) {
            ServerProcess made = ServerProcess.start(
                    "initdb",
                    command(
                            as,
                            programs.resolve("initdb"),
                            "-D",
                            data.toString(),
                            "-U",
                            USER,
                            "-A",
                            "trust",
                            "-E",
                            "UTF8"),
                    folder);
            if (made.await() != 0) {
                throw new EnvironmentFault("initdb failed:\n" + made.lastLines(), false);
            }
        }
        ServerProcess process = ServerProcess.start(
                "postgres",
                command(
                        as,
                        programs.resolve("postgres"),
                        "-D",
                        data.toString(),
                        "-p",
                        Integer.toString(chosen),
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories="),
                folder);
        process.awaitListening(chosen, "ready to accept connections");
        return new PostgresServer(process, chosen);
    }

    private static List<String> command(List<String> as, Path program, String... arguments) {
        var command = new ArrayList<>(as);
        command.add(program.toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /** The newest version that is installed where Debian puts it. */
    private static Path programs() {
        Path all = Path.of("/usr/lib/postgresql");
        try (Stream<Path> versions = Files.list(all)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
                    .max(Comparator.comparing(Path::toString))
                    .orElseThrow(PostgresServer::missing);
        } catch (IOException e) {
            throw missing();
        }
    }

    private static EnvironmentFault missing() {
        return new EnvironmentFault(
                "no PostgreSQL in /usr/lib/postgresql; expected Debian's package postgresql", false);
    }

    /** Its JDBC URL, as the commands take it; anyone may be the user {@code postgres}. */
    public String address() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=" + USER;
    }

    /** Waits until it ends. */
    public void await() {
        process.await();
    }

    @Override
    public void close() {
        process.close();
    }
}

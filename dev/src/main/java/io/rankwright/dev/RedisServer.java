package io.rankwright.dev;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The machine's own {@code redis-server} on a port of loopback, nothing kept on disk: for trying and for tests. One
 * thread at a time.
 */
public final class RedisServer implements AutoCloseable {
    private final ServerProcess process;
    private final int port;

    private RedisServer(ServerProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts a server and waits until it listens.
     *
     * @param port the port of this machine; 0 for any
     * @throws EnvironmentFault if there is no {@code redis-server} on the path
     */
    public static RedisServer start(Path folder, int port) {
        int chosen = port == 0 ? ServerProcess.freePort() : port;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EnvironmentFault("cannot write to " + folder + ": " + e.getMessage(), true, e);
        }
        var command = List.of(
                "redis-server",
                "--bind",
                "127.0.0.1",
                "--port",
                Integer.toString(chosen),
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                folder.toString());
        ServerProcess process = ServerProcess.start("redis", command, folder);
        process.awaitListening(chosen, "Ready to accept connections");
        return new RedisServer(process, chosen);
    }

    /** {@code redis://host:port}, as the commands take it. */
    public String address() {
        return "redis://127.0.0.1:" + port;
    }

    /** The number of its process. */
    public long pid() {
        return process.pid();
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

package io.rankwright.dev;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A server in a process of its own, with its output in a file. One thread at a time. */
final class ServerProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int LAST_LINES = 15;

    private final String name;
    private final Process process;
    private final Path output;

    private ServerProcess(String name, Process process, Path output) {
        this.name = name;
        this.process = process;
        this.output = output;
    }

    /** Starts a command, its output into {@code NAME.out} in a folder. */
    static ServerProcess start(String name, List<String> command, Path folder) {
        Path output = folder.resolve(name + ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            return new ServerProcess(name, process, output);
        } catch (IOException e) {
            throw new EnvironmentFault("could not start " + name + ": " + e.getMessage(), false, e);
        }
    }

    /** A port of this machine that nobody listens on. */
    static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new EnvironmentFault("no free port: " + e.getMessage(), true, e);
        }
    }

    /** Waits until its output holds a text and it listens; a server that ends before is a fault, with its last lines. */
    void awaitListening(int port, String sign) {
        await("listening", () -> hasSaid(sign) && listens(port));
    }

    /** Waits until its output holds a text; a server that ends before is a fault, with its last lines. */
    void awaitSaying(String sign) {
        await("ready", () -> hasSaid(sign));
    }

    private void await(String state, BooleanSupplier isReached) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isReached.getAsBoolean()) {
            if (ended(Duration.ofMillis(20))) {
                throw new EnvironmentFault(name + " did not start:\n" + lastLines(), false);
            }
            if (System.nanoTime() > deadline) {
                close();
                throw new EnvironmentFault(
                        name + " was not " + state + " after " + PATIENCE.toSeconds() + " s:\n" + lastLines(), true);
            }
        }
    }

    /** Waits for its end; the exit code. */
    int await() {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            throw new EnvironmentFault("interrupted", true, e);
        }
    }

    long pid() {
        return process.pid();
    }

    private boolean ended(Duration within) {
        try {
            return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new EnvironmentFault("interrupted", true, e);
        }
    }

    private boolean hasSaid(String sign) {
        return lines().anyMatch(line -> line.contains(sign));
    }

    String lastLines() {
        List<String> lines = lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    }

    private Stream<String> lines() {
        try {
            return Files.readString(output).lines();
        } catch (IOException e) {
            throw new EnvironmentFault("cannot read " + output + ": " + e.getMessage(), true, e);
        }
    }

    private static boolean listens(int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    public void close() {
        process.destroy();
        if (!ended(Duration.ofSeconds(15))) {
            process.destroyForcibly();
        }
    }
}

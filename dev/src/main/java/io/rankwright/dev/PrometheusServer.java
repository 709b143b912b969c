package io.rankwright.dev;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A real Prometheus on this machine that watches a server, with rules. One thread at a time. */
public final class PrometheusServer implements AutoCloseable {
    private final ServerProcess process;
    private final int port;

    private PrometheusServer(ServerProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts a server and waits until it listens.
     *
     * @param folder where its figures and its settings lie
     * @param port the port of this machine; 0 for any
     * @param target host and port of what it asks, every second
     * @param rules the file of rules that it evaluates, every second
     * @throws EnvironmentFault if there is no {@code prometheus} on the path
     */
    public static PrometheusServer start(Path folder, int port, String target, Path rules) {
        int chosen = port == 0 ? ServerProcess.freePort() : port;
        Path settings = folder.resolve("prometheus.yaml");
        try {
            Files.createDirectories(folder);
            Files.writeString(settings, """
                    global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
                    rule_files: ["%s"]
                    scrape_configs:
                      - job_name: rankwright
                        static_configs: [{ targets: ["%s"] }]
                    """.formatted(rules.toAbsolutePath(), target));
        } catch (IOException e) {
            throw new EnvironmentFault("cannot write to " + folder + ": " + e.getMessage(), true, e);
        }
        var command = List.of(
                "prometheus",
                "--config.file=" + settings,
                "--storage.tsdb.path=" + folder.resolve("figures"),
                "--web.listen-address=127.0.0.1:" + chosen);
        ServerProcess process = ServerProcess.start("prometheus", command, folder);
        process.awaitListening(chosen, "Server is ready to receive web requests");
        return new PrometheusServer(process, chosen);
    }

    /** {@code http://host:port} of its page and its API. */
    public String address() {
        return "http://127.0.0.1:" + port;
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

package io.rankwright.cli;

import io.rankwright.dev.FlinkCluster;
import io.rankwright.dev.KafkaBroker;
import io.rankwright.dev.PostgresServer;
import io.rankwright.dev.PrometheusServer;
import io.rankwright.dev.RedisServer;
import io.rankwright.flink.Deployment;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rankwright dev}: the engines that an application moves to, on this machine, to try with. */
@Command(
        name = "dev",
        mixinStandardHelpOptions = true,
        description =
                "Starts a real Kafka broker, Redis or PostgreSQL server, Flink cluster or Prometheus on this machine, to try"
                        + " with.")
final class DevCommand extends CommandGroup {
    DevCommand() {
        super("'dev kafka', 'dev redis', 'dev postgres', 'dev flink' or 'dev prometheus'");
    }

    @Command(
            name = "kafka",
            mixinStandardHelpOptions = true,
            description = "Runs a Kafka broker on loopback until Ctrl-C; its topics stay in the folder.")
    void kafka(
            @Option(names = "--port", description = "The port (default 9092; 0 for any).", defaultValue = "9092")
                    int port,
            @Parameters(
                            paramLabel = "FOLDER",
                            defaultValue = ".rankwright/kafka",
                            description = "Where its topics lie.")
                    Path folder) {
        try (KafkaBroker broker = KafkaBroker.start(folder.toAbsolutePath(), checked(port))) {
            say(broker.address(), "rankwright run apps/video-feed --log " + broker.address());
            Runtime.getRuntime().addShutdownHook(new Thread(broker::close));
            broker.await();
        }
    }

    @Command(
            name = "redis",
            mixinStandardHelpOptions = true,
            description = "Runs the machine's redis-server on loopback until Ctrl-C; it keeps nothing.")
    void redis(
            @Option(names = "--port", description = "The port (default 6379; 0 for any).", defaultValue = "6379")
                    int port,
            @Parameters(paramLabel = "FOLDER", defaultValue = ".rankwright/redis", description = "Where it writes.")
                    Path folder) {
        try (RedisServer server = RedisServer.start(folder.toAbsolutePath(), checked(port))) {
            say(server.address(), "rankwright run apps/video-feed --store " + server.address());
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            server.await();
        }
    }

    @Command(
            name = "postgres",
            mixinStandardHelpOptions = true,
            description = "Runs the machine's PostgreSQL on loopback until Ctrl-C; its data stay in the folder.")
    void postgres(
            @Option(names = "--port", description = "The port (default 5432; 0 for any).", defaultValue = "5432")
                    int port,
            @Parameters(
                            paramLabel = "FOLDER",
                            defaultValue = ".rankwright/postgres",
                            description = "Where its data lie.")
                    Path folder) {
        try (PostgresServer server = PostgresServer.start(folder.toAbsolutePath(), checked(port))) {
            say(server.address(), "rankwright run apps/video-feed --registry '" + server.address() + "'");
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            server.await();
        }
    }

    @Command(
            name = "flink",
            mixinStandardHelpOptions = true,
            description = "Runs a Flink cluster of a JobManager and TaskManagers on loopback until Ctrl-C; its jobs end"
                    + " with it.")
    void flink(
            @Option(
                            names = "--port",
                            description = "The port of its web page (default 8081; 0 for any).",
                            defaultValue = "8081")
                    int port,
            @Option(
                            names = "--task-managers",
                            description = "How many TaskManagers, of two slots each (default: ${DEFAULT-VALUE}).",
                            defaultValue = "2")
                    int count,
            @Parameters(
                            paramLabel = "FOLDER",
                            defaultValue = ".rankwright/flink",
                            description = "Where its checkpoints and its 'flink' command lie.")
                    Path folder) {
        if (count < 1) {
            throw new UserFault("--task-managers " + count + "; expected at least 1");
        }
        try (FlinkCluster cluster =
                FlinkCluster.start(folder.toAbsolutePath(), checked(port), count, Deployment.JAVA_OPTIONS)) {
            say(
                    cluster.address(),
                    "PATH=%s:$PATH, then the line that 'rankwright flink deploy' prints"
                            .formatted(cluster.client().getParent()));
            Runtime.getRuntime().addShutdownHook(new Thread(cluster::close));
            cluster.await();
        }
    }

    @Command(
            name = "prometheus",
            mixinStandardHelpOptions = true,
            description =
                    "Runs the machine's prometheus on loopback until Ctrl-C: it watches a server, with the alerts of"
                            + " ship/prometheus.")
    void prometheus(
            @Option(names = "--port", description = "The port (default 9090; 0 for any).", defaultValue = "9090")
                    int port,
            @Option(
                            names = "--target",
                            description = "The server (default: ${DEFAULT-VALUE}).",
                            defaultValue = "127.0.0.1:8080")
                    String target,
            @Option(
                            names = "--rules",
                            description = "The alerts (default: ${DEFAULT-VALUE}).",
                            defaultValue = "ship/prometheus/rules.yaml")
                    Path rules,
            @Parameters(
                            paramLabel = "FOLDER",
                            defaultValue = ".rankwright/prometheus",
                            description = "Where its figures lie.")
                    Path folder) {
        if (!Files.isRegularFile(rules)) {
            throw new UserFault("no file " + rules + "; expected the rules of ship/prometheus");
        }
        try (PrometheusServer server = PrometheusServer.start(folder.toAbsolutePath(), checked(port), target, rules)) {
            say(server.address(), "open " + server.address() + "/alerts");
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            server.await();
        }
    }

    private static int checked(int port) {
        if (port < 0 || port > 65535) {
            throw new UserFault("the port " + port + "; expected 0 to 65535");
        }
        return port;
    }

    private void say(String address, String command) {
        PrintWriter out = spec().commandLine().getOut();
        out.printf("listening  %s%n  try      %s%n  stop     Ctrl-C%n", address, command);
        out.flush();
    }
}

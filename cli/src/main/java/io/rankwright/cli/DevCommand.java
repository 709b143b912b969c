package io.rankwright.cli;

import io.rankwright.dev.KafkaBroker;
import io.rankwright.dev.RedisServer;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rankwright dev}: the engines that an application moves to, on this machine, to try with. */
@Command(
        name = "dev",
        mixinStandardHelpOptions = true,
        description = "Starts a real Kafka broker or Redis server on this machine, to try with.")
final class DevCommand extends CommandGroup {
    DevCommand() {
        super("'dev kafka' or 'dev redis'");
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

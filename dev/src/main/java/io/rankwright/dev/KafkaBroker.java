package io.rankwright.dev;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One Kafka broker with its own controller (KRaft), listening on loopback, without authentication: for trying and for
 * tests. Its topics stay in the folder and are there again at the next start. One thread at a time.
 */
public final class KafkaBroker implements AutoCloseable {
    /** Any text of 16 bytes in base 64 will do: there is one cluster a folder. */
    private static final String CLUSTER = "cmFua3dyaWdodC1kZXYtMQ";

    private final ServerProcess process;
    private final int port;

    private KafkaBroker(ServerProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts a broker and waits until it listens.
     *
     * @param port the port of this machine; 0 for any
     */
    public static KafkaBroker start(Path folder, int port) {
        int chosen = port == 0 ? ServerProcess.freePort() : port;
        Path configuration = folder.resolve("server.properties");
        Path data = folder.resolve("topics");
        try {
            Files.createDirectories(folder);
            Files.writeString(configuration, configuration(chosen, ServerProcess.freePort(), data));
        } catch (IOException e) {
            throw new EnvironmentFault("cannot write to " + folder + ": " + e.getMessage(), true, e);
        }
        if (!Files.exists(data.resolve("meta.properties"))) {
            var arguments = List.of("format", "-t", CLUSTER, "-c", configuration.toString());
            ServerProcess format =
                    ServerProcess.start("kafka-format", command("kafka.tools.StorageTool", arguments), folder);
            if (format.await() != 0) {
                throw new EnvironmentFault("Kafka could not use " + folder + ":\n" + format.lastLines(), false);
            }
        }
        ServerProcess process =
                ServerProcess.start("kafka", command("kafka.Kafka", List.of(configuration.toString())), folder);
        process.awaitListening(chosen, "Kafka Server started");
        return new KafkaBroker(process, chosen);
    }

    /** {@code kafka://host:port}, as the commands take it. */
    public String address() {
        return "kafka://127.0.0.1:" + port;
    }

    /** The number of its process. */
    public long pid() {
        return process.pid();
    }

    /** Waits until it ends. */
    public void await() {
        process.await();
    }

    private static List<String> command(String main, List<String> arguments) {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                Libraries.of("kafka").resolve("*").toString(),
                main));
        command.addAll(arguments);
        return command;
    }

    private static String configuration(int port, int controllerPort, Path data) {
        return """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                listeners=BROKER://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=BROKER://127.0.0.1:%1$d
                listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
                inter.broker.listener.name=BROKER
                controller.listener.names=CONTROLLER
                log.dirs=%3$s
                num.partitions=1
                auto.create.topics.enable=false
                offsets.topic.num.partitions=1
                offsets.topic.replication.factor=1
                transaction.state.log.num.partitions=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                group.initial.rebalance.delay.ms=0
                """.formatted(port, controllerPort, data);
    }

    @Override
    public void close() {
        process.close();
    }
}

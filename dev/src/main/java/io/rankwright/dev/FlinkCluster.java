package io.rankwright.dev;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Flink cluster on loopback: a JobManager and some TaskManagers, each a process of its own, with their checkpoints in
 * the folder: for trying and for tests. Its jobs end with it. One thread at a time.
 */
public final class FlinkCluster implements AutoCloseable {
    private static final int SLOTS = 2;

    private final ServerProcess jobManager;
    private final List<ServerProcess> taskManagers;
    private final Path folder;
    private final int port;

    private FlinkCluster(ServerProcess jobManager, List<ServerProcess> taskManagers, Path folder, int port) {
        this.jobManager = jobManager;
        this.taskManagers = taskManagers;
        this.folder = folder;
        this.port = port;
    }

    /**
     * Starts a cluster and waits until its TaskManagers have joined.
     *
     * @param port of the JobManager's REST interface, which is also a web page; 0 for any
     * @param count how many TaskManagers, of two slots each
     * @param javaOptions for the cluster's JVMs and for the client's
     */
    public static FlinkCluster start(Path folder, int port, int count, String javaOptions) {
        int chosen = port == 0 ? ServerProcess.freePort() : port;
        Path libraries = Libraries.of("flink");
        Path configuration = folder.resolve("conf");
        try {
            Files.createDirectories(configuration);
            Files.createDirectories(folder.resolve("tmp"));
            Files.writeString(
                    configuration.resolve("config.yaml"), configuration(folder, chosen, ServerProcess.freePort()));
            client(folder, libraries, javaOptions);
        } catch (IOException e) {
            throw new EnvironmentFault("cannot write to " + folder + ": " + e.getMessage(), true, e);
        }
        String directory = configuration.toString();
        ServerProcess jobManager = ServerProcess.start(
                "jobmanager",
                command(
                        libraries,
                        javaOptions,
                        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
                        directory),
                folder);
        var taskManagers = new ArrayList<ServerProcess>();
        var cluster = new FlinkCluster(jobManager, taskManagers, folder, chosen);
        try {
            jobManager.awaitListening(chosen, "Rest endpoint listening");
            for (int i = 1; i <= count; i++) {
                taskManagers.add(ServerProcess.start(
                        "taskmanager-" + i,
                        command(
                                libraries,
                                javaOptions,
                                "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                                directory),
                        folder));
            }
            taskManagers.forEach(each -> each.awaitSaying("Successful registration at resource manager"));
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** {@code http://host:port} of its REST interface and web page. */
    public String address() {
        return "http://127.0.0.1:" + port;
    }

    /** The {@code flink} command that speaks to this cluster. */
    public Path client() {
        return folder.resolve("bin").resolve("flink");
    }

    /** The numbers of the TaskManagers' processes. */
    public List<Long> taskManagers() {
        return taskManagers.stream().map(ServerProcess::pid).toList();
    }

    /** Waits until it ends. */
    public void await() {
        jobManager.await();
    }

    private static List<String> command(Path libraries, String javaOptions, String main, String configuration) {
        return Stream.of(
                        Stream.of(java(), "-Xmx1g", "-XX:MaxMetaspaceSize=512m", "-XX:+UseSerialGC"),
                        Stream.of(javaOptions.split(" ")),
                        Stream.of("-cp", libraries.resolve("*").toString(), main, "--configDir", configuration))
                .flatMap(words -> words)
                .toList();
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static void client(Path folder, Path libraries, String javaOptions) throws IOException {
        Path script = folder.resolve("bin").resolve("flink");
        Files.createDirectories(script.getParent());
        Files.writeString(script, """
                #!/bin/sh
                FLINK_CONF_DIR='%s' exec '%s' -Xmx512m %s \\
                  -cp '%s/*' org.apache.flink.client.cli.CliFrontend "$@"
                """.formatted(folder.resolve("conf"), java(), javaOptions, libraries));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String configuration(Path folder, int port, int rpcPort) {
        return """
                jobmanager.rpc.address: 127.0.0.1
                jobmanager.bind-host: 127.0.0.1
                jobmanager.rpc.port: %2$d
                jobmanager.memory.process.size: 1g
                rest.address: 127.0.0.1
                rest.bind-address: 127.0.0.1
                rest.port: %1$d
                taskmanager.host: 127.0.0.1
                taskmanager.bind-host: 127.0.0.1
                taskmanager.numberOfTaskSlots: %4$d
                taskmanager.load-balance.mode: SLOTS
                taskmanager.cpu.cores: %4$d
                taskmanager.memory.framework.heap.size: 128m
                taskmanager.memory.framework.off-heap.size: 128m
                taskmanager.memory.task.heap.size: 768m
                taskmanager.memory.task.off-heap.size: 256m
                taskmanager.memory.managed.size: 64m
                taskmanager.memory.network.min: 64m
                taskmanager.memory.network.max: 64m
                taskmanager.memory.jvm-metaspace.size: 512m
                taskmanager.memory.jvm-overhead.min: 192m
                taskmanager.memory.jvm-overhead.max: 192m
                heartbeat.interval: 1000
                heartbeat.timeout: 5000
                restart-strategy.type: fixed-delay
                restart-strategy.fixed-delay.attempts: 2147483647
                restart-strategy.fixed-delay.delay: 1s
                execution.checkpointing.storage: filesystem
                execution.checkpointing.dir: %3$s/checkpoints
                execution.checkpointing.interval: 2s
                io.tmp.dirs: %5$s/tmp
                """.formatted(port, rpcPort, folder.toUri(), SLOTS, folder);
    }

    @Override
    public void close() {
        taskManagers.forEach(ServerProcess::close);
        jobManager.close();
    }
}

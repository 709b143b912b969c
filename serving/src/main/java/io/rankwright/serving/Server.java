package io.rankwright.serving;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.RankwrightException;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A server that listens for what is served. It follows the registry: a promoted version serves within a second. */
public final class Server implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(Server.class.getName());

    /** Tells of every connection that comes while the server stops as of a fault, with its stack. */
    private static final Logger LISTENER = Logger.getLogger("io.helidon.webserver.ServerListener");

    /** Requests under way have so long to end when the server stops. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    /** How often the state on disk is looked at: so many minutes of events a start replays at most. */
    private static final int KEEP_MINUTES = 10;

    /** A rollback is served within a second. */
    private static final int FOLLOW_MILLIS = 500;

    private final WebServer server;
    private final Served served;
    private final HttpApi api;
    private final ScheduledExecutorService follower =
            Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());

    private final ScheduledExecutorService keeper = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("state").factory());

    private String trouble = "";

    private Server(WebServer server, Served served, HttpApi api) {
        this.server = server;
        this.served = served;
        this.api = api;
    }

    /**
     * Starts to listen.
     *
     * @param port 0 for any free one
     * @param more further routes, such as the console's
     * @throws UserFault if the host is not loopback and there are no keys
     * @throws EnvironmentFault if the port is in use
     */
    public static Server start(
            Served served, HttpApi api, Keys keys, String host, int port, Consumer<HttpRouting.Builder> more) {
        InetAddress address = address(keys, host, port);
        try {
            WebServer server = WebServer.builder()
                    .address(address)
                    .port(port)
                    // Else the last part of an answer waits for the client's delayed acknowledgement: 40 ms.
                    .connectionOptions(options -> options.tcpNoDelay(true))
                    .shutdownHook(false)
                    .shutdownGracePeriod(GRACE)
                    .maxPayloadSize(HttpApi.MOST_BYTES)
                    .routing(routing -> {
                        api.register(routing);
                        more.accept(routing);
                    })
                    .build()
                    .start();
            var started = new Server(server, served, api);
            started.follow();
            api.ready(true);
            return started;
        } catch (UncheckedIOException e) {
            throw inUse(port, e);
        }
    }

    /**
     * Where a server may listen: asked before anything long is begun, and again when it starts.
     *
     * @throws UserFault if the host is not loopback and there are no keys
     * @throws EnvironmentFault if the port is in use
     */
    public static InetAddress address(Keys keys, String host, int port) {
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new UserFault("the host '" + host + "'; expected an address of this machine such as 127.0.0.1");
        }
        if (!address.isLoopbackAddress() && keys.isEmpty()) {
            throw new UserFault(
                    "refused to listen on " + host + " without keys: anyone who reaches it could read and write;"
                            + " expected $RANKWRIGHT_KEYS=read:KEY,write:KEY, or a loopback address");
        }
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(address, port));
        } catch (BindException e) {
            throw inUse(port, e);
        } catch (IOException e) {
            throw new EnvironmentFault("could not listen on " + host + ":" + port + ": " + e.getMessage(), true, e);
        }
        return address;
    }

    private static EnvironmentFault inUse(int port, Exception e) {
        return new EnvironmentFault(
                "the port " + port + " is in use; stop who listens there, or choose another with --port", true, e);
    }

    private void follow() {
        followOnce();
        var _ = follower.scheduleWithFixedDelay(this::followOnce, FOLLOW_MILLIS, FOLLOW_MILLIS, TimeUnit.MILLISECONDS);
        var _ = keeper.scheduleWithFixedDelay(
                () -> {
                    try {
                        served.keepState();
                    } catch (RankwrightException e) {
                        LOGGER.log(Level.WARNING, "the next start replays more of the log: {0}", e.getMessage());
                    }
                },
                KEEP_MINUTES,
                KEEP_MINUTES,
                TimeUnit.MINUTES);
    }

    /** Takes up what the registry says by now; what is in the way is told once. */
    private void followOnce() {
        try {
            served.follow();
            served.steer().ifPresent(LOGGER::info);
            trouble = "";
        } catch (RankwrightException e) {
            String message = String.valueOf(e.getMessage());
            if (!message.equals(trouble)) {
                LOGGER.log(Level.WARNING, "what is served stays as it is: {0}", message);
            }
            trouble = message;
        }
    }

    public int port() {
        return server.port();
    }

    /** Stops taking requests, lets those under way end, and closes what is served. */
    @Override
    public void close() {
        api.ready(false);
        follower.shutdownNow();
        keeper.shutdownNow();
        Level before = LISTENER.getLevel();
        LISTENER.setLevel(Level.OFF);
        server.stop();
        try {
            keeper.awaitTermination(GRACE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        served.close();
        LISTENER.setLevel(before);
    }
}

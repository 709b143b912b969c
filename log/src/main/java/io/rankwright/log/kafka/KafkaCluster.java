package io.rankwright.log.kafka;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaFuture;

/**
 * Which Kafka cluster, and how to reach it. Immutable.
 *
 * @param servers {@code host:port}, several with commas between
 * @param settings the client's own settings, such as those of SASL and TLS
 */
public record KafkaCluster(String servers, Map<String, String> settings) {
    private static final String SCHEME = "kafka://";
    private static final long PATIENCE_SECONDS = 15;

    public KafkaCluster {
        settings = Map.copyOf(settings);
    }

    /**
     * Reads an address.
     *
     * @param address {@code kafka://host:port}, several hosts with commas between
     * @param properties a file of client settings: what is secret stands there and not on a command line
     */
    public static KafkaCluster parse(String address, Optional<Path> properties) {
        if (!address.matches("kafka://[^\\s,/]+:\\d+(,[^\\s,/]+:\\d+)*")) {
            throw new UserFault("the log '" + address + "'; expected kafka://host:port");
        }
        var read = new Properties();
        properties.ifPresent(file -> {
            try (Reader reader = Files.newBufferedReader(file)) {
                read.load(reader);
            } catch (IOException e) {
                throw new UserFault("the Kafka settings " + file + " cannot be read: " + e.getMessage());
            }
        });
        var settings = new HashMap<String, String>();
        read.forEach((key, value) -> settings.put(key.toString(), value.toString()));
        return new KafkaCluster(address.substring(SCHEME.length()), settings);
    }

    Map<String, Object> client(Map<String, Object> more) {
        var all = new HashMap<String, Object>(settings);
        all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers);
        all.putAll(more);
        return all;
    }

    /** Waits for an answer of the cluster. */
    <T> T result(String action, KafkaFuture<T> answer) {
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw fault(action, e);
        } catch (ExecutionException e) {
            throw fault(action, e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw fault(action, e);
        }
    }

    EnvironmentFault fault(String action, Throwable cause) {
        String why = cause instanceof TimeoutException || cause instanceof InterruptedException
                ? "no answer within " + PATIENCE_SECONDS + " s"
                : String.valueOf(cause.getMessage());
        return new EnvironmentFault("Kafka at " + servers + ": could not " + action + ": " + why, true, cause);
    }
}

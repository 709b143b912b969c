package io.rankwright.features.store;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The store in Redis. One script a value compares versions and writes, so that writers need no lock; one {@code MGET}
 * reads all that a request needs.
 */
public final class RedisStore implements OnlineStore {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int PUT_AT_ONCE = 1000;
    private static final String PUT_IF_NEWER = """
            local known = redis.call('GETRANGE', KEYS[1], 0, 7)
            if known == '' or known <= string.sub(ARGV[1], 1, 8) then redis.call('SET', KEYS[1], ARGV[1]) end
            """;

    private final RedisClient client;
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final String address;
    private final String script;

    private RedisStore(RedisClient client, StatefulRedisConnection<byte[], byte[]> connection, String address) {
        this.client = client;
        this.connection = connection;
        this.address = address;
        connection.setAutoFlushCommands(false);
        RedisFuture<String> loaded = connection.async().scriptLoad(PUT_IF_NEWER);
        connection.flushCommands();
        this.script = await("load a script", loaded, PATIENCE);
    }

    /**
     * Connects.
     *
     * @param address {@code redis://[user:password@]host:port[/database]}, {@code rediss://} with TLS
     */
    public static RedisStore open(String address) {
        RedisURI uri;
        try {
            uri = RedisURI.create(address);
        } catch (IllegalArgumentException e) {
            throw new UserFault("the store '" + address + "'; expected redis://HOST:PORT");
        }
        String shown = uri.getHost() + ":" + uri.getPort();
        uri.setTimeout(PATIENCE);
        RedisClient client = RedisClient.create(uri);
        client.setOptions(ClientOptions.builder()
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .socketOptions(SocketOptions.builder().connectTimeout(PATIENCE).build())
                .build());
        try {
            return new RedisStore(client, client.connect(ByteArrayCodec.INSTANCE), shown);
        } catch (RedisException e) {
            client.shutdown();
            throw new EnvironmentFault("Redis at " + shown + ": could not connect: " + e.getMessage(), true, e);
        }
    }

    @Override
    public void put(List<Entry> entries) {
        for (int from = 0; from < entries.size(); from += PUT_AT_ONCE) {
            var sent = new ArrayList<RedisFuture<?>>();
            try {
                for (Entry entry : entries.subList(from, Math.min(entries.size(), from + PUT_AT_ONCE))) {
                    byte[][] key = {entry.key()};
                    sent.add(connection.async().evalsha(script, ScriptOutputType.STATUS, key, Versioned.bytes(entry)));
                }
                connection.flushCommands();
                if (!LettuceFutures.awaitAll(PATIENCE, sent.toArray(RedisFuture[]::new))) {
                    throw new EnvironmentFault(
                            "Redis at " + address + ": no answer within " + PATIENCE.toSeconds() + " s", true);
                }
            } catch (RedisException e) {
                throw new EnvironmentFault("Redis at " + address + ": could not write: " + e.getMessage(), true, e);
            }
        }
    }

    @Override
    public List<Optional<byte[]>> get(List<byte[]> keys, Duration patience) {
        if (keys.isEmpty()) {
            return List.of();
        }
        RedisFuture<List<KeyValue<byte[], byte[]>>> answer;
        try {
            answer = connection.async().mget(keys.toArray(byte[][]::new));
            connection.flushCommands();
        } catch (RedisException e) {
            throw new EnvironmentFault("Redis at " + address + ": could not read: " + e.getMessage(), true, e);
        }
        return await("read", answer, patience).stream()
                .map(found ->
                        found.hasValue() ? Optional.of(Versioned.value(found.getValue())) : Optional.<byte[]>empty())
                .toList();
    }

    private <T> T await(String action, RedisFuture<T> answer, Duration patience) {
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EnvironmentFault("interrupted", true, e);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new EnvironmentFault(
                    "Redis at " + address + ": no answer within " + patience.toMillis() + " ms", true, e);
        } catch (ExecutionException e) {
            throw new EnvironmentFault("Redis at " + address + ": could not " + action + ": " + e.getCause(), true, e);
        }
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}

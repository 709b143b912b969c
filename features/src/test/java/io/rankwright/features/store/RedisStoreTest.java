package io.rankwright.features.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.dev.RedisServer;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against the machine's redis-server in a process of its own. */
class RedisStoreTest extends OnlineStoreContract {
    private @Nullable RedisServer server;

    @Override
    OnlineStore open() {
        if (server == null) {
            server = RedisServer.start(folder, 0);
        }
        return RedisStore.open(server.address());
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(server.pid()))
                .start()
                .waitFor();
    }

    @Test
    void aServerThatStallsIsAnErrorInTime_andAnswersAgainWhenItGoesOn() throws IOException, InterruptedException {
        store.put(List.of(new OnlineStore.Entry(bytes("a"), 1, bytes("one"))));
        signal("STOP");
        long start = System.nanoTime();

        assertThatThrownBy(() -> store.get(List.of(bytes("a")), Duration.ofMillis(50)))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("within 50 ms");

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        signal("CONT");
        assertThat(store.get(List.of(bytes("a")), PATIENCE).getFirst()).contains(bytes("one"));
    }

    @Test
    void aServerThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> RedisStore.open("redis://127.0.0.1:1"))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("127.0.0.1:1");
        assertThatThrownBy(() -> RedisStore.open("http://127.0.0.1")).isInstanceOf(UserFault.class);
    }
}

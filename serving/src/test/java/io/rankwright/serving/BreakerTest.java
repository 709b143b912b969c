package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.spec.EnvironmentFault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BreakerTest {
    /** A store that answers or not, and counts how often it is asked. */
    private static final class Store implements OnlineStore {
        private boolean isBroken;
        private int asked;

        @Override
        public void put(List<Entry> entries) {
            get(List.of(), Duration.ZERO);
        }

        @Override
        public List<Optional<byte[]>> get(List<byte[]> keys, Duration patience) {
            asked++;
            if (isBroken) {
                throw new EnvironmentFault("no answer", true);
            }
            return List.of();
        }

        @Override
        public void close() {}
    }

    @Test
    void aStoreThatFailsIsNotAskedAgainAtOnce() {
        var meters = new SimpleMeterRegistry();
        var store = new Store();
        OnlineStore guarded = new Breaker("store", meters).before(store);
        guarded.get(List.of(), Duration.ZERO);
        assertThat(meters.get("rankwright.breaker.open").gauge().value()).isZero();

        store.isBroken = true;
        for (int i = 0; i < 30; i++) {
            assertThatThrownBy(() -> guarded.get(List.of(), Duration.ZERO)).isInstanceOf(EnvironmentFault.class);
        }

        assertThat(store.asked).isLessThan(15);
        assertThat(meters.get("rankwright.breaker.open").gauge().value()).isEqualTo(1);
        assertThatThrownBy(() -> guarded.put(List.of()))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("the store has failed too often");
    }
}

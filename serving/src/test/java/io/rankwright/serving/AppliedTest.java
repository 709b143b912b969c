package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AppliedTest {
    @Test
    void aPositionIsSureOnlyWhileNothingIsOnItsWay() {
        var applied = new Applied(7);
        assertThat(applied.position()).isEqualTo(7);

        long within = applied.during(() -> {
            applied.add(9);
            return applied.position();
        });

        assertThat(within).isEqualTo(Applied.UNSURE);
        assertThat(applied.position()).isEqualTo(10);
        // One that was overtaken.
        applied.add(8);
        assertThat(applied.position()).isEqualTo(10);
        assertThatThrownBy(() -> applied.during(() -> {
                    throw new IllegalStateException("the disk");
                }))
                .hasMessage("the disk");
        assertThat(applied.position()).isEqualTo(10);
    }
}

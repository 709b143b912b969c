package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.serving.Admission.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private static List<Admission.Ticket> fill(Admission admission, Priority priority) {
        var tickets = new ArrayList<Admission.Ticket>();
        for (Optional<Admission.Ticket> ticket = admission.enter(priority);
                ticket.isPresent();
                ticket = admission.enter(priority)) {
            tickets.add(ticket.get());
        }
        return tickets;
    }

    @Test
    void noMoreThanTheMaximumAreUnderWay_andWhoLeavesMakesRoom() {
        var admission = new Admission("answers", 1, meters);

        List<Admission.Ticket> tickets = fill(admission, Priority.LIVE);

        assertThat(tickets).hasSize(1);
        assertThat(admission.enter(Priority.LIVE)).isEmpty();
        tickets.getFirst().done();
        assertThat(admission.enter(Priority.LIVE)).isPresent();
        assertThat(meters.get("rankwright.refused")
                        .tag("priority", "live")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void batchLeavesRoomForLiveRequests() {
        var admission = new Admission("answers", 64, meters);

        List<Admission.Ticket> batch = fill(admission, Priority.BATCH);
        List<Admission.Ticket> live = fill(admission, Priority.LIVE);

        assertThat(live.size()).isGreaterThanOrEqualTo(batch.size()).isPositive();
        assertThat(admission.enter(Priority.BATCH)).isEmpty();
    }

    @Test
    void aRequestThatFailedTellsNothingButMakesRoom() {
        var admission = new Admission("answers", 1, meters);
        admission.enter(Priority.LIVE).orElseThrow().forget();

        assertThat(admission.enter(Priority.LIVE)).isPresent();
    }
}

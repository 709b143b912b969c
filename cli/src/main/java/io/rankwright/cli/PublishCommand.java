package io.rankwright.cli;

import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.log.Arrival;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code rankwright publish}: writes what this machine's log holds into a topic, so that the topic is the whole log. */
@Command(
        name = "publish",
        mixinStandardHelpOptions = true,
        description = "Writes the exposures of this machine's log into its Kafka topic, in the order of arrival; done"
                + " twice, the topic holds them twice and every reader counts them once.")
final class PublishCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Override
    public Integer call() {
        FeedApplication application = options.application();
        String type = application.framing().exposure();
        try (EventLog log = options.log(application);
                ArrivalLog topic = options.topic(application)
                        .orElseThrow(() -> new UserFault("no --log; expected kafka://HOST:PORT"));
                ArrivalLog.Reader reader =
                        log.arrivals(type).read(log.arrivals(type).beginning());
                Reporter.Step step = Reporter.onErrorStream().step("publish")) {
            long count = 0;
            for (List<Arrival> some = reader.next(Duration.ZERO); !some.isEmpty(); some = reader.next(Duration.ZERO)) {
                topic.append(some.stream().map(Arrival::content).toList());
                count += some.size();
                step.at(count, log.size(), "events");
            }
            step.outcome("%,d events into %s", count, topic.name());
        }
        return 0;
    }
}

package io.rankwright.cli.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.rankwright.features.FeatureCells;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.serving.Engine;
import io.rankwright.serving.FeedAnswer;
import io.rankwright.serving.FeedRequest;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What an application costs on this machine, measured on its live version and its log. Immutable.
 *
 * @param cores how many this machine has
 * @param memoryBytes how much this machine has
 * @param diskBytes how large the disk is that holds the state
 * @param requestCpuMillis processor time of one request, all threads together
 * @param answerBytes of one answer as it is sent
 * @param loggedBytes of one answer as it is logged
 * @param eventBytes of one event as it stands in a topic
 * @param eventCpuMicros processor time of one event in the features
 * @param subjectBytes of feature state, one subject that was seen
 * @param itemBytes of feature state, one item that was seen
 * @param vectorBytes of the index, one item
 * @param modelBytes of all files of the version
 * @param trainingSecondsPerMillion a million exposures, every model of the application; 0 if no training was timed
 */
public record Measured(
        int cores,
        long memoryBytes,
        long diskBytes,
        double requestCpuMillis,
        double answerBytes,
        double loggedBytes,
        double eventBytes,
        double eventCpuMicros,
        double subjectBytes,
        double itemBytes,
        double vectorBytes,
        long modelBytes,
        long trainingSecondsPerMillion) {
    private static final int WARM_UP = 200;
    private static final int REQUESTS = 200;
    private static final int EVENTS = 20_000;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** Measures. Nothing else should run beside. */
    static Measured of(Engine engine, Path state, long trainingSecondsPerMillion, Progress progress) {
        FeedApplication application = engine.application();
        EventLog log = engine.log();
        Answers answers = Answers.of(engine, progress);
        var features = new FeatureState(application, log.catalog());
        double eventCpuMicros = replay(log, application.framing().exposure(), features);
        var cells = new Cells(application, log, features);
        int items = log.table(application.framing().item()).count();
        return new Measured(
                Runtime.getRuntime().availableProcessors(),
                SYSTEM.getTotalMemorySize(),
                state.toFile().getTotalSpace(),
                answers.cpuMillis,
                answers.sentBytes,
                answers.loggedBytes,
                eventBytes(log, application.framing().exposure()),
                eventCpuMicros,
                cells.subjectBytes,
                cells.itemBytes,
                size(state.resolve("index")) / (double) Math.max(1, items),
                engine.models().version().artefacts().values().stream()
                        .mapToLong(hash -> engine.registry().artefact(hash).length)
                        .sum(),
                trainingSecondsPerMillion);
    }

    /** What one answer takes, on average. */
    private record Answers(double cpuMillis, double sentBytes, double loggedBytes) {
        static Answers of(Engine engine, Progress progress) {
            for (int i = 0; i < WARM_UP; i++) {
                engine.slate(request(engine, i), engine.clock().millis());
                progress.at(i, WARM_UP + REQUESTS, "requests");
            }
            long sent = 0;
            long logged = 0;
            long cpuNanos = 0;
            for (int i = WARM_UP; i < WARM_UP + REQUESTS; i++) {
                long start = SYSTEM.getProcessCpuTime();
                FeedAnswer answer =
                        engine.slate(request(engine, i), engine.clock().millis());
                cpuNanos += SYSTEM.getProcessCpuTime() - start;
                logged += answer.logged().length;
                sent += answer.sent().length;
                progress.at(i, WARM_UP + REQUESTS, "requests");
            }
            double requests = REQUESTS;
            return new Answers(cpuNanos / 1e6 / requests, sent / requests, logged / requests);
        }
    }

    /** The bytes of one event as it stands in a topic, on average over the first. */
    private static double eventBytes(EventLog log, String type) {
        long bytes = 0;
        long events = 0;
        try (EventCursor cursor = log.read(type)) {
            while (events < EVENTS && cursor.next()) {
                bytes += json(log.catalog().texts(type, cursor.event())).length;
                events++;
            }
        }
        return bytes / (double) Math.max(1, events);
    }

    /** Replays the log into the features; the answer is the processor time of one event in microseconds. */
    private static double replay(EventLog log, String type, FeatureState features) {
        long start = SYSTEM.getProcessCpuTime();
        try (EventCursor cursor = log.read(type)) {
            Replay.restore(cursor, features);
        }
        return (SYSTEM.getProcessCpuTime() - start) / 1e3 / Math.max(1, log.size());
    }

    private static FeedRequest request(Engine engine, int i) {
        Dictionary.Domain ids = engine.log()
                .dictionary()
                .domain(Dictionary.idsOf(engine.application().framing().subject()));
        String subject = ids.text(1 + (int) (i * 7919L % Math.max(1, ids.size() - 1)));
        return FeedRequest.of(subject, engine.application().serving().slots());
    }

    private static byte[] json(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a value that cannot be measured", e);
        }
    }

    private static long size(Path folder) {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The state of the features, shared out to the subjects and items that were seen. */
    private static final class Cells {
        private double subjectBytes;
        private double itemBytes;

        Cells(FeedApplication application, EventLog log, FeatureState state) {
            var cells = new FeatureCells(application, log.catalog(), state);
            Map<Integer, String> kinds = cells.kinds();
            long[] bytes = new long[2];
            cells.forEach(0, (key, cell) -> {
                boolean isOfSubject = kinds.getOrDefault(key.kind(), "").contains("subject");
                bytes[isOfSubject ? 0 : 1] +=
                        StoreWriter.stored(0, cell).length + key.text().length();
            });
            subjectBytes = bytes[0]
                    / (double) Math.max(1, seen(log, application.framing().subject()));
            itemBytes = bytes[1]
                    / (double) Math.max(1, seen(log, application.framing().item()));
        }

        private static int seen(EventLog log, String entity) {
            return log.dictionary().domain(Dictionary.idsOf(entity)).size() - 1;
        }
    }
}

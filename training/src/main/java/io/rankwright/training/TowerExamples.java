package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What two towers learn from: the positive exposures of the training days, each with the subject's sequences as they
 * stood before it, and of what was before the log some items with those around them. Immutable; all codes are the log's.
 *
 * @param subjects of each example
 * @param items of each example: what was taken
 * @param sequences of each example, for each sequence the items before, oldest first
 * @param timesMillis of each example, {@link Seen#BEFORE} for what was before the log
 */
record TowerExamples(int[] subjects, int[] items, int[][][] sequences, long[] timesMillis) {
    private static final int FROM_HISTORY = 8;

    int size() {
        return subjects.length;
    }

    static TowerExamples of(
            FeedApplication application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            List<String> sequenceNames,
            SplittableRandom random) {
        var builder = new Builder();
        exposures(application, log, data, train, sequenceNames, builder);
        sequenceNames.stream()
                .map(name -> (FeatureDefinition.Sequence) application.feature(name))
                .filter(sequence -> sequence.start().isPresent())
                .findFirst()
                .ifPresent(sequence -> histories(
                        log.table(application.framing().subject()), sequence, sequenceNames.size(), random, builder));
        return new TowerExamples(
                builder.subjects.stream().mapToInt(Integer::intValue).toArray(),
                builder.items.stream().mapToInt(Integer::intValue).toArray(),
                builder.sequences.toArray(int[][][]::new),
                builder.times.stream().mapToLong(Long::longValue).toArray());
    }

    private static final class Builder {
        private final List<Integer> subjects = new ArrayList<>();
        private final List<Integer> items = new ArrayList<>();
        private final List<int[][]> sequences = new ArrayList<>();
        private final List<Long> times = new ArrayList<>();

        void add(int subject, int item, int[][] before, long timeMillis) {
            subjects.add(subject);
            items.add(item);
            sequences.add(before);
            times.add(timeMillis);
        }
    }

    private static void exposures(
            FeedApplication application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            List<String> sequenceNames,
            Builder builder) {
        Dictionary.Domain subjects =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        Dictionary.Domain items =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        int[] itemCodes = data.itemTexts().stream().mapToInt(items::code).toArray();
        int[] subjectCodes =
                data.subjectTexts().stream().mapToInt(subjects::code).toArray();
        double[] relevant = requireNonNull(
                data.labels().get(application.framing().relevance().name()));
        for (int i = train.from(); i < train.to(); i++) {
            if (relevant[i] == 1) {
                int row = i;
                int[][] before = sequenceNames.stream()
                        .map(name -> Arrays.stream(
                                        requireNonNull(data.sequences().get(name))[row])
                                .map(item -> itemCodes[item])
                                .toArray())
                        .toArray(int[][]::new);
                builder.add(
                        subjectCodes[data.subjects()[i]], itemCodes[data.items()[i]], before, data.timesMillis()[i]);
            }
        }
    }

    /** From what came before the log, without times: some items of each subject, each with all the others. */
    private static void histories(
            EntityTable table,
            FeatureDefinition.Sequence sequence,
            int sequences,
            SplittableRandom random,
            Builder builder) {
        int place = table.place(sequence.start().orElseThrow().column());
        for (int subject = 1; subject < table.capacity(); subject++) {
            int[] items = table.list(place, subject);
            for (int k = 0; k < Math.min(FROM_HISTORY, items.length - 1); k++) {
                int target = items[random.nextInt(items.length)];
                int[] others =
                        Arrays.stream(items).filter(item -> item != target).toArray();
                int[][] before = new int[sequences][];
                Arrays.fill(before, others);
                builder.add(subject, target, before, Seen.BEFORE);
            }
        }
    }
}

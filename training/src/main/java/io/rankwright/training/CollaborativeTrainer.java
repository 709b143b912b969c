package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.models.CollaborativeModel;
import io.rankwright.models.ItemNeighbours;
import io.rankwright.models.Vocabulary;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model;
import io.rankwright.training.collaborative.Ease;
import io.rankwright.training.collaborative.ImplicitAls;
import io.rankwright.training.collaborative.Interactions;
import io.rankwright.training.collaborative.ItemKnn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Learns from what people took, the positive exposures of the training days and the start of the sequence, what a
 * candidate source asks for. Stateless.
 */
public final class CollaborativeTrainer {
    private static final double SHRINKAGE = 10;
    /** How much less a pair with a popular item counts in iALS; chosen on the validation part of Gowalla. */
    private static final double POPULARITY = 0.3;

    private CollaborativeTrainer() {}

    /** Learns what a candidate source asks for. */
    public static CollaborativeModel train(
            FeedApplication application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            Model.Similar settings,
            long seed,
            Progress progress) {
        int[][] bySubject = taken(application, log, data, train, settings.sequence());
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        // Of an item that nobody took there is nothing to learn, and most of a large catalogue are such. First comes 0,
        // the
        // code of what is unknown, so that a code lies at its index.
        int[] codes = IntStream.concat(IntStream.of(0), Arrays.stream(bySubject).flatMapToInt(Arrays::stream))
                .sorted()
                .distinct()
                .toArray();
        var items =
                new Vocabulary(IntStream.of(codes).skip(1).mapToObj(ids::text).toList());
        Interactions taken = Interactions.of(
                codes.length,
                Arrays.stream(bySubject)
                        .map(list -> IntStream.of(list)
                                .map(code -> Arrays.binarySearch(codes, code))
                                .toArray())
                        .toArray(int[][]::new));
        return switch (settings.method()) {
            case Model.Similar.Knn knn ->
                neighbours(items, ItemKnn.learn(taken, knn.neighbours(), SHRINKAGE, progress));
            case Model.Similar.Ease ease ->
                neighbours(
                        items,
                        Ease.learn(taken, new Ease.Settings(ease.regularisation(), 0, 0, 0), progress)
                                .neighbours(ease.neighbours(), progress));
            case Model.Similar.Ials ials -> {
                var how = new ImplicitAls.Settings(
                        ials.dim(), ials.epochs(), ials.unobserved(), ials.regularisation(), POPULARITY);
                yield ImplicitAls.learn(taken, how, seed, progress).items(items);
            }
        };
    }

    private static ItemNeighbours neighbours(Vocabulary items, ItemKnn learnt) {
        return new ItemNeighbours(items, learnt.neighbours(), learnt.similarities());
    }

    /** What each subject took, both by their codes in the log. */
    private static int[][] taken(
            FeedApplication application, EventLog log, DataSet data, DataSet.Range train, String sequence) {
        Dictionary.Domain subjects =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        Dictionary.Domain items =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        EntityTable table = log.table(application.framing().subject());
        List<List<Integer>> taken = new ArrayList<>();
        for (int subject = 0; subject < subjects.size(); subject++) {
            taken.add(new ArrayList<>());
        }
        var definition = (FeatureDefinition.Sequence) application.feature(sequence);
        definition.start().ifPresent(start -> {
            int place = table.place(start.column());
            for (int subject = 1; subject < subjects.size(); subject++) {
                for (int item : table.list(place, subject)) {
                    taken.get(subject).add(item);
                }
            }
        });
        double[] relevant = requireNonNull(
                data.labels().get(application.framing().relevance().name()));
        for (int i = train.from(); i < train.to(); i++) {
            if (relevant[i] == 1) {
                int subject = subjects.code(data.subjectTexts().get(data.subjects()[i]));
                taken.get(subject).add(items.code(data.itemTexts().get(data.items()[i])));
            }
        }
        return taken.stream()
                .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
    }
}

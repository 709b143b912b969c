package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.models.ItemNeighbours;
import io.rankwright.models.Vocabulary;
import io.rankwright.spec.Application;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.Model;
import io.rankwright.training.collaborative.Ease;
import io.rankwright.training.collaborative.Interactions;
import io.rankwright.training.collaborative.ItemKnn;
import java.util.ArrayList;
import java.util.List;

/**
 * Learns which items go together, from what people took: the positive exposures of the training days and the start of
 * the sequence. Stateless.
 */
public final class NeighboursTrainer {
    private static final double SHRINKAGE = 10;

    private NeighboursTrainer() {}

    /** Learns the weights between items as a candidate source asks for them. */
    public static ItemNeighbours train(
            Application application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            Model.Similar settings,
            Progress progress) {
        Interactions taken = taken(application, log, data, train, settings.sequence());
        ItemKnn learnt = switch (settings.method()) {
            case KNN -> ItemKnn.learn(taken, settings.neighbours(), SHRINKAGE, progress);
            case EASE ->
                Ease.learn(taken, new Ease.Settings(settings.regularisation(), 0, 0, 0), progress)
                        .neighbours(settings.neighbours(), progress);
        };
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        var texts = new ArrayList<String>();
        for (int code = 1; code < ids.size(); code++) {
            texts.add(ids.text(code));
        }
        return new ItemNeighbours(new Vocabulary(texts), learnt.neighbours(), learnt.similarities());
    }

    /** What each subject took, both by their codes in the log. */
    private static Interactions taken(
            Application application, EventLog log, DataSet data, DataSet.Range train, String sequence) {
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
        return Interactions.of(
                items.size(),
                taken.stream()
                        .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                        .toArray(int[][]::new));
    }
}

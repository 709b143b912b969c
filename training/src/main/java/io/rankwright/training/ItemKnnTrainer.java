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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * Finds the neighbours of each item: the cosine of who took both, shrunk where few did (Sarwar et al., 2001; shrinkage
 * as in Bell and Koren, 2007). What people took is the positive exposures of the training days and the start of the
 * sequence.
 */
public final class ItemKnnTrainer {
    private static final double SHRINKAGE = 10;

    private ItemKnnTrainer() {}

    /** @param sequence the sequence whose start says what was taken before the log */
    public static ItemNeighbours train(
            Application application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            String sequence,
            int neighbours,
            Progress progress) {
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        int[][] taken = taken(application, log, data, train, sequence);
        int[][] takers = transposed(taken, ids.size());
        int[][] nearest = new int[ids.size()][0];
        float[][] similarities = new float[ids.size()][0];
        int[] together = new int[ids.size()];
        for (int item = 1; item < ids.size(); item++) {
            var touched = new ArrayList<Integer>();
            for (int subject : takers[item]) {
                for (int other : taken[subject]) {
                    if (together[other]++ == 0) {
                        touched.add(other);
                    }
                }
            }
            keepNearest(item, touched, together, takers, neighbours, nearest, similarities);
            touched.forEach(other -> together[other] = 0);
            if (item % 500 == 0) {
                progress.at(item, ids.size(), "items");
            }
        }
        progress.at(ids.size(), ids.size(), "items");
        var texts = new ArrayList<String>();
        for (int code = 1; code < ids.size(); code++) {
            texts.add(ids.text(code));
        }
        return new ItemNeighbours(new Vocabulary(texts), nearest, similarities);
    }

    private static void keepNearest(
            int item,
            List<Integer> touched,
            int[] together,
            int[][] takers,
            int neighbours,
            int[][] nearest,
            float[][] similarities) {
        record Near(int item, double similarity) {}
        var found = new ArrayList<Near>();
        for (int other : touched) {
            if (other != item) {
                double cosine = together[other]
                        / (Math.sqrt((takers[item].length + 1.0) * (takers[other].length + 1.0)) + SHRINKAGE);
                found.add(new Near(other, cosine));
            }
        }
        found.sort((a, b) -> a.similarity() == b.similarity()
                ? Integer.compare(a.item(), b.item())
                : Double.compare(b.similarity(), a.similarity()));
        int size = Math.min(neighbours, found.size());
        nearest[item] = new int[size];
        similarities[item] = new float[size];
        for (int n = 0; n < size; n++) {
            nearest[item][n] = found.get(n).item();
            similarities[item][n] = (float) found.get(n).similarity();
        }
    }

    /** For each subject the items taken, each once. */
    private static int[][] taken(
            Application application, EventLog log, DataSet data, DataSet.Range train, String sequence) {
        Dictionary.Domain subjects =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        Dictionary.Domain items =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        EntityTable table = log.table(application.framing().subject());
        var sets = new ArrayList<TreeSet<Integer>>();
        for (int subject = 0; subject < subjects.size(); subject++) {
            sets.add(new TreeSet<>());
        }
        var definition = (FeatureDefinition.Sequence) application.feature(sequence);
        definition.start().ifPresent(start -> {
            int place = table.place(start.column());
            for (int subject = 1; subject < subjects.size(); subject++) {
                for (int item : table.list(place, subject)) {
                    sets.get(subject).add(item);
                }
            }
        });
        double[] relevant = requireNonNull(
                data.labels().get(application.framing().relevance().name()));
        for (int i = train.from(); i < train.to(); i++) {
            if (relevant[i] == 1) {
                int subject = subjects.code(data.subjectTexts().get(data.subjects()[i]));
                sets.get(subject).add(items.code(data.itemTexts().get(data.items()[i])));
            }
        }
        return sets.stream()
                .map(set -> set.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
    }

    private static int[][] transposed(int[][] taken, int items) {
        int[] sizes = new int[items];
        for (int[] list : taken) {
            for (int item : list) {
                sizes[item]++;
            }
        }
        int[][] takers = new int[items][];
        Arrays.setAll(takers, item -> new int[sizes[item]]);
        int[] filled = new int[items];
        for (int subject = 0; subject < taken.length; subject++) {
            for (int item : taken[subject]) {
                takers[item][filled[item]++] = subject;
            }
        }
        return takers;
    }
}

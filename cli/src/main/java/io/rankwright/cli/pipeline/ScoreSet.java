package io.rankwright.cli.pipeline;

import io.rankwright.log.DataRoot;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.Images;
import io.rankwright.log.Journal;
import io.rankwright.log.Progress;
import io.rankwright.log.SourceRows;
import io.rankwright.models.Artefact;
import io.rankwright.serving.score.Verdicts;
import io.rankwright.spec.Expression;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.CaseLabel;
import io.rankwright.spec.UserFault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a score learns from and is judged by. Immutable.
 *
 * @param ids of the cases: those of the sources, behind them those that reviewers have judged
 * @param cases their fields
 * @param holds for each label whether it holds, 1 or 0
 * @param targets for each label what is learnt, from 0 to 1
 * @param sourced how many of the cases are of the sources; the others teach and do not judge
 * @param hash the identity of all of it
 */
public record ScoreSet(
        List<String> ids,
        List<Map<String, String>> cases,
        double[][] holds,
        double[][] targets,
        int sourced,
        String hash,
        Counts counts,
        List<SourceRows.Quarantined> quarantined) {
    public ScoreSet {
        ids = List.copyOf(ids);
        cases = List.copyOf(cases);
        quarantined = List.copyOf(quarantined);
    }

    /**
     * Reads the cases of the sources, and those that reviewers have judged since.
     *
     * @throws UserFault if a file is missing or broken, or a label holds for no case or for all of them
     */
    static ScoreSet read(ScoreApplication application, DataRoot root, Path state, Progress progress) {
        var source = application.data().cases();
        var rows = new LinkedHashMap<String, Map<String, String>>();
        SourceRows.Report report = SourceRows.forEach(
                root,
                source.globs(),
                source.contract(),
                new Images(state),
                (fields, row) -> rows.putIfAbsent(
                                source.key().isEmpty() ? Long.toString(row) : fields.getOrDefault(source.key(), ""),
                                fields)
                        == null,
                progress);
        var ids = new ArrayList<>(rows.keySet());
        var cases = new ArrayList<>(rows.values());
        int sourced = ids.size();
        List<CaseLabel> labels = application.framing().labels();
        var holds = new ArrayList<double[]>();
        var targets = new ArrayList<double[]>();
        for (Map<String, String> fields : cases) {
            double[] held = new double[labels.size()];
            double[] learnt = new double[labels.size()];
            for (int l = 0; l < held.length; l++) {
                held[l] = value(labels.get(l).where(), fields) == 1 ? 1 : 0;
                double share = labels.get(l)
                        .learn()
                        .map(formula -> value(formula, fields))
                        .orElse(held[l]);
                learnt[l] = Double.isNaN(share) ? held[l] : Math.clamp(share, 0, 1);
            }
            holds.add(held);
            targets.add(learnt);
        }
        var identity = new StringBuilder(report.hash() + report.counts());
        for (Verdicts.Judged judged :
                Verdicts.judged(Journal.entries(Verdicts.cases(state)), Journal.entries(Verdicts.journal(state)))) {
            double[] held = new double[labels.size()];
            for (int l = 0; l < held.length; l++) {
                held[l] = judged.labels().contains(labels.get(l).name()) ? 1 : 0;
            }
            ids.add(judged.id());
            cases.add(judged.fields());
            holds.add(held);
            targets.add(held);
            identity.append(judged.id()).append(judged.labels());
        }
        for (int l = 0; l < labels.size(); l++) {
            int label = l;
            double count = holds.stream()
                    .limit(sourced)
                    .mapToDouble(held -> held[label])
                    .sum();
            if (count == 0 || count == sourced) {
                throw new UserFault("the label '" + labels.get(l).name() + "' holds for "
                        + (count == 0 ? "no case" : "every case") + "; expected some of both");
            }
        }
        return new ScoreSet(
                ids,
                cases,
                byLabel(holds, labels.size()),
                byLabel(targets, labels.size()),
                sourced,
                Artefact.hash(identity.toString().getBytes(StandardCharsets.UTF_8)),
                report.counts(),
                report.quarantined());
    }

    private static double value(Expression formula, Map<String, String> fields) {
        return formula.evaluate(name -> {
            String text = fields.getOrDefault(name, "");
            return text.isEmpty() ? Double.NaN : Double.parseDouble(text);
        });
    }

    private static double[][] byLabel(List<double[]> rows, int labels) {
        double[][] columns = new double[labels][rows.size()];
        for (int r = 0; r < rows.size(); r++) {
            for (int l = 0; l < labels; l++) {
                columns[l][r] = rows.get(r)[l];
            }
        }
        return columns;
    }
}

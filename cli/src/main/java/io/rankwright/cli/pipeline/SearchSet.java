package io.rankwright.cli.pipeline;

import io.rankwright.log.DataRoot;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.Images;
import io.rankwright.log.Progress;
import io.rankwright.log.SourceRows;
import io.rankwright.models.Artefact;
import io.rankwright.serving.search.SearchModels;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.UserFault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a search learns from and is judged by: its items, what was asked, and which items answer it. Immutable.
 *
 * @param items their rows by id, in the order of the files
 * @param queries what was asked, by id
 * @param train for each query that teaches the items that answer it
 * @param test for each query that judges, likewise
 * @param clicks what was shown and clicked on since
 * @param hash the identity of all of it but the clicks
 * @param counts of the rows of all files
 */
public record SearchSet(
        Map<String, Map<String, String>> items,
        Map<String, String> queries,
        Map<String, Set<String>> train,
        Map<String, Set<String>> test,
        ClickLog clicks,
        String hash,
        Counts counts,
        List<SourceRows.Quarantined> quarantined) {
    public SearchSet {
        items = Collections.unmodifiableMap(items);
        queries = Collections.unmodifiableMap(queries);
        train = Collections.unmodifiableMap(train);
        test = Collections.unmodifiableMap(test);
        quarantined = List.copyOf(quarantined);
    }

    /**
     * Reads the sources of a search, and what was clicked since.
     *
     * @param state where images are kept, and what was clicked is noted
     * @throws UserFault if a file is missing or broken, or no judgement names what the other files hold
     */
    static SearchSet read(SearchApplication application, DataRoot root, Path state, Progress progress) {
        var images = new Images(state);
        var data = application.data();
        var reports = new ArrayList<SourceRows.Report>();
        var items = new LinkedHashMap<String, Map<String, String>>();
        reports.add(SourceRows.forEach(
                root,
                data.items().globs(),
                data.items().contract(),
                images,
                (fields, _) -> items.put(fields.getOrDefault(data.items().key(), ""), fields) == null,
                progress));
        var queries = new LinkedHashMap<String, String>();
        reports.add(SourceRows.forEach(
                root,
                data.queries().globs(),
                data.queries().contract(),
                images,
                (fields, _) -> queries.put(
                                fields.getOrDefault(data.queries().key(), ""),
                                fields.getOrDefault(data.queryText(), ""))
                        == null,
                progress));
        var train = new LinkedHashMap<String, Set<String>>();
        var test = new LinkedHashMap<String, Set<String>>();
        reports.add(judgements(application, root, images, data.train(), items, queries, train, progress));
        reports.add(judgements(application, root, images, data.test(), items, queries, test, progress));
        if (train.isEmpty() || test.isEmpty()) {
            throw new UserFault("no judgement in " + String.join(", ", train.isEmpty() ? data.train() : data.test())
                    + " names a query and an item of the other files; expected some");
        }
        test.keySet().stream().filter(train::containsKey).findFirst().ifPresent(both -> {
            throw new UserFault("the query " + both + " both teaches and judges; expected each in one of the two");
        });
        Counts counts = reports.stream().map(SourceRows.Report::counts).reduce(Counts.NONE, Counts::plus);
        // The counts are those of the rules by which rows are refused: other rules, other data.
        String identity = reports.stream().map(SourceRows.Report::hash).collect(Collectors.joining("\n")) + counts;
        return new SearchSet(
                items,
                queries,
                train,
                test,
                ClickLog.read(SearchModels.journal(state)),
                Artefact.hash(identity.getBytes(StandardCharsets.UTF_8)),
                counts,
                reports.stream()
                        .flatMap(report -> report.quarantined().stream())
                        .toList());
    }

    private static SourceRows.Report judgements(
            SearchApplication application,
            DataRoot root,
            Images images,
            List<String> globs,
            Map<String, Map<String, String>> items,
            Map<String, String> queries,
            Map<String, Set<String>> into,
            Progress progress) {
        var contract = application.data().judgement();
        String query =
                contract.columnOf(application.framing().query()).orElseThrow().name();
        String item =
                contract.columnOf(application.framing().item()).orElseThrow().name();
        return SourceRows.forEach(
                root,
                globs,
                contract,
                images,
                (fields, _) -> {
                    String asked = fields.getOrDefault(query, "");
                    String answer = fields.getOrDefault(item, "");
                    return queries.containsKey(asked)
                            && items.containsKey(answer)
                            && into.computeIfAbsent(asked, _ -> new LinkedHashSet<>())
                                    .add(answer);
                },
                progress);
    }
}

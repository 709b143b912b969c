package io.rankwright.serving.score;

import io.rankwright.log.Journal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What reviewers have said of cases, as it teaches. Stateless. */
public final class Verdicts {
    private Verdicts() {}

    /** Where the fields of the cases are kept: apart from what was decided, for they are people's words. */
    public static Path cases(Path state) {
        return state.resolve("cases.jsonl");
    }

    /** Where what was decided is kept: ids, scores, actions, verdicts. */
    public static Path journal(Path state) {
        return state.resolve("journal.jsonl");
    }

    /** A case with the labels that a reviewer said hold. */
    public record Judged(String id, Map<String, String> fields, List<String> labels) {
        public Judged {
            fields = Map.copyOf(fields);
            labels = List.copyOf(labels);
        }
    }

    /** The cases that were judged, each by its last verdict, in the order of the first. */
    public static List<Judged> judged(List<Journal.Entry> cases, List<Journal.Entry> journal) {
        var fields = new HashMap<String, Map<String, String>>();
        cases.forEach(entry -> fields.put(caseOf(entry), entry.fields()));
        var labels = new LinkedHashMap<String, List<String>>();
        for (Journal.Entry entry : journal) {
            if (entry.kind().equals("verdict")) {
                labels.put(entry.field("case"), labels(entry));
            }
        }
        var judged = new ArrayList<Judged>();
        labels.forEach((id, of) -> {
            Map<String, String> known = fields.get(id);
            if (known != null) {
                judged.add(new Judged(id, known, of));
            }
        });
        return judged;
    }

    /** By what a case is known in the file of cases: its id and what it says, so that an edited case is another entry. */
    static String entryId(String id, String hash) {
        return id + " " + hash;
    }

    /** The id of the case of an entry in the file of cases. */
    static String caseOf(Journal.Entry entry) {
        return entry.id().substring(0, entry.id().lastIndexOf(' '));
    }

    static List<String> labels(Journal.Entry verdict) {
        return Arrays.stream(verdict.field("labels").split(","))
                .filter(label -> !label.isBlank())
                .toList();
    }
}

package io.rankwright.cli.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.log.Journal;
import io.rankwright.models.Artefact;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.training.ClickModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What was shown in answers and clicked on. Immutable.
 *
 * @param hash the identity of it
 */
public record ClickLog(List<ClickModel.Shown> shown, String hash) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<List<String>> IDS = new TypeReference<>() {};

    public ClickLog {
        shown = List.copyOf(shown);
    }

    /** Reads the journal of a search, if there is one yet. Only what was clicked tells what was looked at. */
    static ClickLog read(Path journal) {
        var answers = new ArrayList<Journal.Entry>();
        Map<String, Set<String>> clicked = new HashMap<>();
        for (Journal.Entry entry : Journal.entries(journal)) {
            switch (entry.kind()) {
                case "answer" -> answers.add(entry);
                case "click" ->
                    clicked.computeIfAbsent(entry.field("answer"), _ -> new HashSet<>())
                            .add(entry.field("item"));
                default -> {}
            }
        }
        var shown = new ArrayList<ClickModel.Shown>();
        var identity = new StringBuilder();
        for (Journal.Entry answer : answers) {
            Set<String> items = clicked.get(answer.id());
            if (items == null) {
                continue;
            }
            identity.append(answer.id()).append(items.stream().sorted().toList());
            List<String> ids = ids(answer);
            int from = Integer.parseInt(answer.field("from"));
            for (int i = 0; i < ids.size(); i++) {
                shown.add(new ClickModel.Shown(
                        new ClickModel.Pair(answer.field("query"), ids.get(i)), from + i, items.contains(ids.get(i))));
            }
        }
        return new ClickLog(shown, Artefact.hash(identity.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> ids(Journal.Entry answer) {
        try {
            return JSON.readValue(answer.field("items"), IDS);
        } catch (JsonProcessingException e) {
            throw new EnvironmentFault("the answer " + answer.id() + " in the journal cannot be read", false, e);
        }
    }
}

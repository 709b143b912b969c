package io.rankwright.spec;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A YAML document as values that know where they stand in the file. Immutable. */
sealed interface Yaml {
    Location location();

    record Scalar(Location location, String text) implements Yaml {}

    record Sequence(Location location, List<Yaml> items) implements Yaml {}

    record Mapping(Location location, List<Entry> entries) implements Yaml {
        Optional<Yaml> value(String key) {
            return entries.stream()
                    .filter(entry -> entry.key().text().equals(key))
                    .map(Entry::value)
                    .findFirst();
        }

        /** The same with another value at the end of a path of keys, made where they are not there. */
        Mapping with(List<String> path, Yaml other) {
            String key = path.getFirst();
            Yaml value = path.size() == 1
                    ? other
                    : (value(key).orElse(null) instanceof Mapping inner ? inner : new Mapping(location, List.of()))
                            .with(path.subList(1, path.size()), other);
            var changed = new ArrayList<Entry>();
            boolean isThere = false;
            for (Entry entry : entries) {
                boolean isMeant = entry.key().text().equals(key);
                changed.add(isMeant ? new Entry(entry.key(), value) : entry);
                isThere |= isMeant;
            }
            if (!isThere) {
                changed.add(new Entry(new Scalar(other.location(), key), value));
            }
            return new Mapping(location, List.copyOf(changed));
        }
    }

    record Entry(Scalar key, Yaml value) {}

    /**
     * Reads a whole file. What is not YAML at all becomes a problem and an empty document.
     *
     * @param shownAs how problems name the file
     */
    static Optional<Yaml> read(Path file, String shownAs, List<Problem> problems) {
        String text;
        try {
            text = Files.readString(file);
        } catch (CharacterCodingException e) {
            problems.add(new Problem(new Location(shownAs, 1, 1), "bytes that are not UTF-8", "a text file in UTF-8"));
            return Optional.empty();
        } catch (IOException e) {
            problems.add(new Problem(new Location(shownAs, 1, 1), "no readable file", "a YAML file at this path"));
            return Optional.empty();
        }
        return parse(text, shownAs, problems);
    }

    static Optional<Yaml> parse(String text, String shownAs, List<Problem> problems) {
        try {
            var settings = LoadSettings.builder().setAllowDuplicateKeys(true).build();
            Optional<Node> root = new Compose(settings).composeString(text);
            if (root.isEmpty()) {
                problems.add(new Problem(new Location(shownAs, 1, 1), "an empty file", "keys and values"));
            }
            return root.map(node -> convert(node, shownAs, problems));
        } catch (MarkedYamlEngineException e) {
            Location location =
                    e.getProblemMark().map(mark -> location(mark, shownAs)).orElse(new Location(shownAs, 1, 1));
            problems.add(new Problem(location, "no valid YAML: " + e.getProblem(), "YAML 1.2"));
        } catch (YamlEngineException e) {
            problems.add(new Problem(new Location(shownAs, 1, 1), "no valid YAML: " + e.getMessage(), "YAML 1.2"));
        }
        return Optional.empty();
    }

    private static Yaml convert(Node node, String file, List<Problem> problems) {
        Location location =
                node.getStartMark().map(mark -> location(mark, file)).orElse(new Location(file, 1, 1));
        return switch (node) {
            case ScalarNode scalar -> new Scalar(location, scalar.getValue());
            case SequenceNode sequence ->
                new Sequence(
                        location,
                        sequence.getValue().stream()
                                .map(item -> convert(item, file, problems))
                                .toList());
            case MappingNode mapping -> new Mapping(location, entries(mapping, file, problems));
            default -> new Scalar(location, "");
        };
    }

    private static List<Entry> entries(MappingNode mapping, String file, List<Problem> problems) {
        var entries = new ArrayList<Entry>();
        for (var tuple : mapping.getValue()) {
            if (!(convert(tuple.getKeyNode(), file, problems) instanceof Scalar key)) {
                problems.add(new Problem(
                        location(tuple.getKeyNode().getStartMark().orElseThrow(), file),
                        "a key that is not text",
                        "a plain word as key"));
                continue;
            }
            if (entries.stream().anyMatch(entry -> entry.key().text().equals(key.text()))) {
                problems.add(new Problem(
                        key.location(), "the key '" + key.text() + "' for the second time", "each key once"));
                continue;
            }
            entries.add(new Entry(key, convert(tuple.getValueNode(), file, problems)));
        }
        return List.copyOf(entries);
    }

    private static Location location(Mark mark, String file) {
        return new Location(file, mark.getLine() + 1, mark.getColumn() + 1);
    }
}

package io.rankwright.models.text;

import io.rankwright.models.Artefact;
import io.rankwright.spec.EnvironmentFault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The runs of words or of characters within words that some texts have, each with how rare it is, and what makes a text a
 * sparse vector over them: the logarithm of how often a run is there by its rarity, scaled to length 1 (TF-IDF; Salton and
 * Buckley, 1988). Immutable, safe for any thread.
 */
public final class Runs {
    private static final Pattern LINK = Pattern.compile("https?://\\S+");
    private static final Pattern NAME = Pattern.compile("@\\w+:?");
    private static final Pattern ENTITY = Pattern.compile("&#(\\d{2,7});");
    private static final Pattern STRETCHED = Pattern.compile("(.)\\1{2,}");
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}']+|[^\\s]");

    private final boolean isOfWords;
    private final int from;
    private final int to;
    private final Map<String, Integer> indexes;
    private final float[] rarities;

    private Runs(boolean isOfWords, int from, int to, Map<String, Integer> indexes, float[] rarities) {
        this.isOfWords = isOfWords;
        this.from = from;
        this.to = to;
        this.indexes = indexes;
        this.rarities = rarities;
    }

    /** A sparse vector: places in ascending order, and what stands there. */
    public record Sparse(int[] places, float[] values) {
        public double dot(float[] weights) {
            double sum = 0;
            for (int i = 0; i < places.length; i++) {
                sum += (double) weights[places[i]] * values[i];
            }
            return sum;
        }
    }

    /**
     * The runs that enough of the texts have.
     *
     * @param isOfWords runs of words, or of characters within words with their borders
     * @param atLeast in how many texts a run must be
     */
    public static Runs of(List<String> texts, boolean isOfWords, int from, int to, int atLeast) {
        var begun = new Runs(isOfWords, from, to, Map.of(), new float[0]);
        var counts = new HashMap<String, Integer>();
        for (String text : texts) {
            begun.counted(text).keySet().forEach(run -> counts.merge(run, 1, Integer::sum));
        }
        var indexes = new HashMap<String, Integer>();
        var rarities = new ArrayList<Float>();
        new TreeMap<>(counts).forEach((run, count) -> {
            if (count >= atLeast) {
                indexes.put(run, indexes.size());
                rarities.add((float) (Math.log((1.0 + texts.size()) / (1.0 + count)) + 1));
            }
        });
        float[] values = new float[rarities.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = rarities.get(i);
        }
        return new Runs(isOfWords, from, to, indexes, values);
    }

    /** How many runs there are. */
    public int size() {
        return rarities.length;
    }

    /** A text as people write it in public, with what only looks different made alike: case, links, names, stretched words. */
    public static String plain(String text) {
        String decoded = ENTITY.matcher(text).replaceAll(match -> {
            int code = Integer.parseInt(match.group(1));
            return Character.isValidCodePoint(code) ? Matcher.quoteReplacement(Character.toString(code)) : " ";
        });
        String linked = LINK.matcher(
                        decoded.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
                .replaceAll(" linkhere ");
        return STRETCHED
                .matcher(NAME.matcher(linked).replaceAll(" namehere ").toLowerCase(Locale.ROOT))
                .replaceAll("$1$1");
    }

    private Map<String, Integer> counted(String text) {
        var counts = new LinkedHashMap<String, Integer>();
        found(text, (run, _) -> counts.merge(run, 1, Integer::sum));
        return counts;
    }

    private interface Taker {
        /** @param word the place of the word that the run begins in, among the words of the text */
        void take(String run, int word);
    }

    /** Every run of a text. */
    private void found(String text, Taker taker) {
        List<String> words = words(text);
        for (int w = 0; w < words.size(); w++) {
            if (isOfWords) {
                var run = new StringBuilder();
                for (int length = 1; length <= to && w + length <= words.size(); length++) {
                    run.append(length == 1 ? "" : " ").append(words.get(w + length - 1));
                    if (length >= from) {
                        taker.take(run.toString(), w);
                    }
                }
            } else {
                String word = " " + words.get(w) + " ";
                for (int start = 0; start < word.length(); start++) {
                    for (int length = from; length <= to && start + length <= word.length(); length++) {
                        taker.take(word.substring(start, start + length), w);
                    }
                }
            }
        }
    }

    /** The words of a text, made alike. */
    public static List<String> words(String text) {
        return WORD.matcher(plain(text)).results().map(match -> match.group()).toList();
    }

    /** A text as a vector. */
    public Sparse vector(String text) {
        var weights = new TreeMap<Integer, Float>();
        double square = 0;
        for (var run : counted(text).entrySet()) {
            Integer index = indexes.get(run.getKey());
            if (index != null) {
                float weight = (float) ((1 + Math.log(run.getValue())) * rarities[index]);
                weights.put(index, weight);
                square += (double) weight * weight;
            }
        }
        double length = square == 0 ? 1 : Math.sqrt(square);
        int[] places = new int[weights.size()];
        float[] values = new float[places.length];
        int at = 0;
        for (var weight : weights.entrySet()) {
            places[at] = weight.getKey();
            values[at++] = (float) (weight.getValue() / length);
        }
        return new Sparse(places, values);
    }

    /**
     * What each word of a text adds to a weighted sum over its runs: a run counts for the word in which it begins, in equal
     * parts where it is there more than once.
     *
     * @param weights by place, the first run's at {@code start}
     */
    public double[] contributions(String text, float[] weights, int start) {
        Map<String, Integer> counts = counted(text);
        Sparse vector = vector(text);
        var values = new HashMap<Integer, Float>();
        for (int i = 0; i < vector.places().length; i++) {
            values.put(vector.places()[i], vector.values()[i]);
        }
        double[] contributions = new double[words(text).size()];
        found(text, (run, word) -> {
            Integer index = indexes.get(run);
            if (index != null) {
                contributions[word] +=
                        (double) values.getOrDefault(index, 0f) * weights[start + index] / counts.getOrDefault(run, 1);
            }
        });
        return contributions;
    }

    private record Manifest(boolean isOfWords, int from, int to, List<String> runs, float[] rarities) {}

    /** The bytes that hold this. */
    public byte[] bytes() {
        var runs = new String[indexes.size()];
        indexes.forEach((run, index) -> runs[index] = run);
        return Artefact.json(new Manifest(isOfWords, from, to, List.of(runs), rarities));
    }

    /** Reads a part that {@link #bytes} gave. */
    public static Runs of(Artefact artefact, String part) {
        var manifest = artefact.json(part, Manifest.class);
        if (manifest.runs().size() != manifest.rarities().length) {
            throw new EnvironmentFault(
                    "a model file whose part '" + part + "' has runs without rarities ("
                            + new String(artefact.part(part), StandardCharsets.UTF_8).length() + " characters)",
                    false);
        }
        var indexes = new HashMap<String, Integer>();
        for (int i = 0; i < manifest.runs().size(); i++) {
            indexes.put(manifest.runs().get(i), i);
        }
        return new Runs(manifest.isOfWords(), manifest.from(), manifest.to(), indexes, manifest.rarities());
    }
}

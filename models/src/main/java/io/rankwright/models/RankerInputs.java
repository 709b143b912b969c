package io.rankwright.models;

import io.rankwright.features.FeatureColumn;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Sequences;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EventLog;
import io.rankwright.spec.EnvironmentFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;

/**
 * What a ranker sees of a subject and an item, as one row of floats: the features, the affinity, the two ids and the
 * items of the sequences. Categories, ids and items stand there as indexes into vocabularies, from 1; NaN is missing or
 * unknown. Immutable but for what it remembers, safe for any thread.
 *
 * <p>A float holds whole numbers up to 2²⁴: that many texts a vocabulary may have.
 */
public final class RankerInputs {
    /** The name under which explanations speak of the affinity. */
    public static final String AFFINITY = "affinity";

    /**
     * The places of a row in order.
     *
     * @param features the features
     * @param categories which of them are categories
     * @param hasAffinity whether the affinity comes next
     * @param hasIds whether the ids of subject and item come next
     * @param sequences what comes last, each as long as it may be, newest last, NaN before the first
     */
    public record Layout(
            String subject,
            String item,
            List<String> features,
            List<Boolean> categories,
            boolean hasAffinity,
            boolean hasIds,
            List<Sequence> sequences) {
        public Layout {
            features = List.copyOf(features);
            categories = List.copyOf(categories);
            sequences = List.copyOf(sequences);
        }

        /** How many features and affinities there are: what trees look at. */
        public int columns() {
            return features.size() + (hasAffinity ? 1 : 0);
        }

        /** The place of the subject's id; the item's comes next. */
        public int subjectPlace() {
            return columns();
        }

        /** The place of the first item of a sequence. */
        public int sequencePlace(int sequence) {
            int place = columns() + (hasIds ? 2 : 0);
            for (int s = 0; s < sequence; s++) {
                place += sequences.get(s).last();
            }
            return place;
        }

        /** How many places a row has. */
        public int width() {
            return sequencePlace(sequences.size());
        }

        /** What one speaks of when a score is explained: features, affinity, ids, sequences. */
        public List<String> names() {
            var names = new ArrayList<String>(features);
            if (hasAffinity) {
                names.add(AFFINITY);
            }
            if (hasIds) {
                names.add(subject);
                names.add(item);
            }
            sequences.forEach(sequence -> names.add(sequence.name()));
            return names;
        }

        /** The place that is shown for the {@code n}-th of {@link #names}: of a sequence its newest item. */
        int shownPlace(int name) {
            int beforeSequences = sequencePlace(0);
            return name < beforeSequences ? name : sequencePlace(name - beforeSequences + 1) - 1;
        }

        /** The first place of the {@code n}-th of {@link #names}. */
        public int placeOf(int name) {
            int beforeSequences = sequencePlace(0);
            return name < beforeSequences ? name : sequencePlace(name - beforeSequences);
        }
    }

    /** A sequence of items, and how many of the newest are seen. */
    public record Sequence(String name, int last) {}

    private final Layout layout;
    private final Map<String, Vocabulary> vocabularies;
    private final Optional<Affinity> affinity;
    /** What all encoders of a log know of subjects and items: there may be millions. */
    private final Map<Dictionary.Domain, Indexes> ids = new ConcurrentHashMap<>();

    /** @param vocabularies of the categories by name, and of subject and item if the layout has ids */
    public RankerInputs(Layout layout, Map<String, Vocabulary> vocabularies, Optional<Affinity> affinity) {
        this.layout = layout;
        this.vocabularies = Map.copyOf(vocabularies);
        this.affinity = affinity;
        if (layout.hasAffinity() != affinity.isPresent()) {
            throw new IllegalArgumentException("an affinity that is not in the layout, or the other way round");
        }
        for (int f = 0; f < layout.features().size(); f++) {
            if (layout.categories().get(f)) {
                vocabulary(layout.features().get(f));
            }
        }
        if (layout.hasIds()) {
            vocabulary(layout.subject());
            vocabulary(layout.item());
        }
    }

    /** Reads what {@link #parts} gave. */
    public static RankerInputs of(Artefact artefact) {
        var layout = artefact.json("inputs.json", Layout.class);
        var vocabularies = new TreeMap<String, Vocabulary>();
        for (int f = 0; f < layout.features().size(); f++) {
            if (layout.categories().get(f)) {
                read(artefact, layout.features().get(f), vocabularies);
            }
        }
        if (layout.hasIds()) {
            read(artefact, layout.subject(), vocabularies);
            read(artefact, layout.item(), vocabularies);
        }
        return new RankerInputs(
                layout, vocabularies, layout.hasAffinity() ? Optional.of(Affinity.of(artefact)) : Optional.empty());
    }

    private static void read(Artefact artefact, String name, Map<String, Vocabulary> vocabularies) {
        vocabularies.put(name, Vocabulary.of(artefact.part(part(name))));
    }

    private static String part(String name) {
        return "vocabulary-" + name + ".txt";
    }

    /** The parts of a model file that hold this. */
    Map<String, byte[]> parts() {
        var parts = new TreeMap<String, byte[]>();
        parts.put("inputs.json", Artefact.json(layout));
        vocabularies.forEach((name, vocabulary) -> parts.put(part(name), vocabulary.bytes()));
        affinity.ifPresent(model -> parts.putAll(model.parts()));
        return parts;
    }

    public Layout layout() {
        return layout;
    }

    public Optional<Affinity> affinity() {
        return affinity;
    }

    /** The texts of a category, or of subject or item. */
    public Vocabulary vocabulary(String name) {
        Vocabulary vocabulary = vocabularies.get(name);
        if (vocabulary == null) {
            throw new IllegalArgumentException("no vocabulary of " + name);
        }
        return vocabulary;
    }

    /** The text of a value, for people: the category, or the number. */
    String text(String name, double value) {
        if (Double.isNaN(value)) {
            return "missing";
        }
        boolean isSequence =
                layout.sequences().stream().anyMatch(sequence -> sequence.name().equals(name));
        String domain = isSequence ? layout.item() : name;
        if (vocabularies.containsKey(domain)) {
            return vocabulary(domain).texts().get((int) value - 1);
        }
        return value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.3g", value);
    }

    /** Turns what a feature state knows into rows. One thread at a time. */
    public Encoder encoder(FeatureState state, EventLog log) {
        return new Encoder(state, log);
    }

    /** Turns what a feature state knows into rows. */
    public final class Encoder {
        private final Indexes[] categories;
        private final int[] places;
        private final Optional<Affinity.Bound> bound;
        private final Optional<Indexes> subjects;
        private final Optional<Indexes> items;
        private final int[][] sequences;

        private Encoder(FeatureState state, EventLog log) {
            List<String> names =
                    state.columns().stream().map(FeatureColumn::name).toList();
            this.places = layout.features().stream()
                    .mapToInt(feature -> Optional.of(names.indexOf(feature))
                            .filter(place -> place >= 0)
                            .orElseThrow(() -> new EnvironmentFault(
                                    "the model needs the feature '" + feature
                                            + "', which the application does not define",
                                    false)))
                    .toArray();
            this.categories = new Indexes[places.length];
            for (int f = 0; f < places.length; f++) {
                int place = places[f];
                Vocabulary vocabulary = layout.categories().get(f)
                        ? vocabulary(layout.features().get(f))
                        : new Vocabulary(List.of());
                categories[f] = new Indexes(vocabulary, code -> state.categoryText(place, code), new int[0]);
            }
            this.bound = affinity.map(model -> model.bind(log));
            this.subjects = layout.hasIds() ? Optional.of(ids(layout.subject(), log)) : Optional.empty();
            this.items = layout.hasIds() ? Optional.of(ids(layout.item(), log)) : Optional.empty();
            this.sequences = layout.sequences().stream()
                    .map(sequence -> new int[state.last(sequence.name())])
                    .toArray(int[][]::new);
        }

        private Indexes ids(String entity, EventLog log) {
            return ids.computeIfAbsent(
                    log.dictionary().domain(Dictionary.idsOf(entity)),
                    domain -> new Indexes(vocabulary(entity), domain));
        }

        /**
         * Writes one row at {@code index} of {@code inputs}.
         *
         * @param row the features of the subject and the item, as a reader gave them
         */
        public void encode(double[] row, Sequences recent, int subject, int item, float[] inputs, int index) {
            int start = index * layout.width();
            features(row, subject, item, inputs, start);
            sequences(recent, subject, inputs, start);
        }

        /** The same for the candidate behind another one of the same subject, whose history is in the row before. */
        public void encodeNext(double[] row, int subject, int item, float[] inputs, int index) {
            int start = index * layout.width();
            features(row, subject, item, inputs, start);
            int history = layout.sequencePlace(0);
            System.arraycopy(
                    inputs, start - layout.width() + history, inputs, start + history, layout.width() - history);
        }

        private void features(double[] row, int subject, int item, float[] inputs, int start) {
            for (int f = 0; f < places.length; f++) {
                double value = row[places[f]];
                inputs[start + f] = layout.categories().get(f) ? categories[f].value((int) value) : (float) value;
            }
            bound.ifPresent(model -> inputs[start + places.length] = model.logOdds(subject, item));
            if (layout.hasIds()) {
                inputs[start + layout.subjectPlace()] = subjects.orElseThrow().value(subject);
                inputs[start + layout.subjectPlace() + 1] = items.orElseThrow().value(item);
            }
        }

        private void sequences(Sequences recent, int subject, float[] inputs, int start) {
            for (int s = 0; s < sequences.length; s++) {
                Sequence sequence = layout.sequences().get(s);
                int size = recent.sequence(sequence.name(), subject, sequences[s]);
                place(
                        sequences[s],
                        size,
                        items.orElseThrow(),
                        inputs,
                        start + layout.sequencePlace(s),
                        sequence.last());
            }
        }

        private static void place(int[] codes, int size, Indexes items, float[] inputs, int start, int last) {
            int kept = Math.min(size, last);
            Arrays.fill(inputs, start, start + last - kept, Float.NaN);
            for (int i = 0; i < kept; i++) {
                inputs[start + last - kept + i] = items.value(codes[size - kept + i]);
            }
        }
    }

    /** The index of each code of a domain, looked up by its text once. Any number of threads. */
    private static final class Indexes {
        private final Vocabulary vocabulary;
        private final IntFunction<String> texts;
        /** The index (+1) of each code, 0 where it was not asked for yet: two threads may find the same one. */
        private volatile int[] known;

        Indexes(Vocabulary vocabulary, IntFunction<String> texts, int[] known) {
            this.vocabulary = vocabulary;
            this.texts = texts;
            this.known = known;
        }

        /** Those of ids, which are many: all at once, so that no request looks them up. */
        Indexes(Vocabulary vocabulary, Dictionary.Domain ids) {
            this(
                    vocabulary,
                    ids::text,
                    Arrays.stream(vocabulary.indexes(ids))
                            .map(index -> index + 1)
                            .toArray());
        }

        float value(int code) {
            int[] now = known;
            int index = code < now.length ? now[code] : 0;
            if (index == 0) {
                index = vocabulary.index(texts.apply(code)) + 1;
                keep(code, index);
            }
            return index == 1 ? Float.NaN : index - 1;
        }

        private synchronized void keep(int code, int index) {
            if (code >= known.length) {
                known = Arrays.copyOf(known, Math.max(code + 1, known.length * 2));
            }
            known[code] = index;
        }
    }
}

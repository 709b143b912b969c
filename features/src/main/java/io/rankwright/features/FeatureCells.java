package io.rankwright.features;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankwright.log.Catalog;
import io.rankwright.log.Dictionary;
import io.rankwright.log.Event;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The feature state of an application cut into cells, one for each key of each kind of state, so that it can lie in an
 * online store and be worked on by many tasks. What a cell takes in and what is read of it is computed by {@link
 * FeatureState}'s own code.
 *
 * <p>One that takes changes into cells keeps none; one that is filled with cells is read as {@link #state}: use two.
 * Thread-safety: one thread at a time.
 */
public final class FeatureCells {
    private static final char SEPARATOR = '\u001F';

    private final FeatureState state;
    private final Catalog catalog;
    private final String itemIds;
    private final List<KeyedState> sums;
    private final List<SequenceState> sequences;
    private final List<Integer> changing = new ArrayList<>();
    private final List<byte[]> signatures = new ArrayList<>();
    /** Of each sum the formulas whose values it needs. */
    private final List<int[]> formulas;

    /** @param catalog may be empty where cells only take in changes; to make changes and rows it must know the entities */
    public FeatureCells(FeedApplication application, Catalog catalog) {
        this(application, catalog, new FeatureState(application, catalog));
    }

    /** The cells of a state that is there already. */
    public FeatureCells(FeedApplication application, Catalog catalog, FeatureState state) {
        this.catalog = catalog;
        this.state = state;
        this.sums = state.sums();
        this.sequences = state.recent();
        this.formulas = sums.stream().map(KeyedState::formulasUsed).toList();
        this.itemIds = Dictionary.idsOf(application.framing().item());
        for (int kind = 0; kind < sums.size() + sequences.size(); kind++) {
            if (kind >= sums.size() || state.takesEvents(kind)) {
                changing.add(kind);
            }
            signatures.add(signature(application, kind));
        }
    }

    /** The state that {@link #load} fills and rows are read of. */
    public FeatureState state() {
        return state;
    }

    /** Of what kind a cell is and whose: the same in every process that runs the same features. */
    public record Key(int kind, String text) {}

    /**
     * What an event changes in one cell.
     *
     * @param member which of several keys of its kind it is, where a part of the key is a list
     * @param values the values of the formulas that the cell needs; of a sequence none
     * @param item the item that a sequence takes
     */
    public record Change(Key key, int member, long timeMillis, double[] values, String item) {}

    /**
     * What is read of one cell at a moment.
     *
     * @param numbers of sums: totals, windows, last times
     * @param items of a sequence: the ids, newest last
     */
    public record Reading(int kind, int member, double[] numbers, String[] items) {}

    /** The changes that an event makes; also every cell that its row is read of, but those of sequences it adds nothing to. */
    public List<Change> changes(Event event) {
        Situation situation = state.situation(event);
        double[] values = state.formulaValues(event);
        var changes = new ArrayList<Change>();
        for (int kind : changing) {
            if (kind < sums.size()) {
                KeyedState keyed = sums.get(kind);
                int[] used = formulas.get(kind);
                keyed.keys(situation, (member, codes) -> {
                    double[] own = new double[used.length];
                    for (int i = 0; i < used.length; i++) {
                        own[i] = values[used[i]];
                    }
                    changes.add(new Change(new Key(kind, text(keyed, codes)), member, situation.timeMillis, own, ""));
                });
            } else {
                boolean isTaken = values[sequences.get(kind - sums.size()).condition()] != 0 && situation.item > 0;
                subject(situation)
                        .ifPresent(subject -> changes.add(new Change(
                                new Key(kind, subject),
                                0,
                                situation.timeMillis,
                                new double[0],
                                isTaken ? catalog.dictionary().domain(itemIds).text(situation.item) : "")));
            }
        }
        return changes;
    }

    private Optional<String> subject(Situation situation) {
        return Optional.of(state.subjectIds().text(situation.subject)).filter(text -> !text.isEmpty());
    }

    private static String text(KeyedState keyed, int[] codes) {
        var text = new StringBuilder();
        for (int p = 0; p < codes.length; p++) {
            text.append(p == 0 ? "" : SEPARATOR).append(keyed.parts().get(p).text(codes[p]));
        }
        return text.toString();
    }

    /**
     * Where a cell belongs in this state.
     *
     * @param place the slot of a sum, the code of a sequence's subject
     */
    public record Slot(Key key, int place) {}

    /** Makes room, in a state that holds nothing, for the cells that rows of a subject and some items are read of. */
    public List<Slot> slots(int subject, int[] items, long timeMillis, double[] context) {
        var found = new ArrayList<Slot>();
        for (int item : items) {
            Situation situation = state.situation(subject, item, timeMillis, context);
            for (int kind : changing) {
                if (kind < sums.size()) {
                    KeyedState keyed = sums.get(kind);
                    keyed.keys(situation, (_, codes) -> {
                        int known = keyed.size();
                        int slot = keyed.slotOf(codes);
                        if (slot == known) {
                            found.add(new Slot(new Key(kind, text(keyed, codes)), slot));
                        }
                    });
                }
            }
        }
        for (int kind : changing) {
            if (kind >= sums.size() && subject > 0) {
                found.add(new Slot(new Key(kind, state.subjectIds().text(subject)), subject));
            }
        }
        return found;
    }

    /** Whether a kind of cell holds the last items of a subject. */
    public boolean isSequence(int kind) {
        return kind >= sums.size();
    }

    /** A cell without events. */
    public Cell empty(int kind) {
        return kind < sums.size() ? sums.get(kind).emptyCell() : new Cell.Recent(new String[0], new long[0]);
    }

    /** Takes a change into a cell; the answer stands for the cell from then on. */
    public Cell apply(Cell cell, Change change) {
        int kind = change.key().kind();
        long version = Math.max(cell.versionMillis(), change.timeMillis());
        return switch (cell) {
            case Cell.Sums own -> {
                KeyedState keyed = sums.get(kind);
                keyed.load(0, own);
                int[] used = formulas.get(kind);
                double[] values = state.noValues();
                for (int i = 0; i < used.length; i++) {
                    values[used[i]] = change.values()[i];
                }
                keyed.apply(0, change.timeMillis(), values);
                yield keyed.cell(0, version);
            }
            case Cell.Recent own -> {
                if (change.item().isEmpty()) {
                    yield own;
                }
                SequenceState sequence = sequences.get(kind - sums.size());
                sequence.forget(0);
                addAll(sequence, 0, own);
                sequence.add(0, catalog.intern(itemIds, change.item()), change.timeMillis());
                yield sequence.cell(0);
            }
        };
    }

    private void addAll(SequenceState sequence, int subject, Cell.Recent cell) {
        for (int i = 0; i < cell.items().length; i++) {
            sequence.add(subject, catalog.intern(itemIds, cell.items()[i]), cell.times()[i]);
        }
    }

    /** What a row at a moment reads of a cell; the moment is not before the cell's newest event. */
    public Reading reading(Cell cell, Change moment) {
        int kind = moment.key().kind();
        return switch (cell) {
            case Cell.Sums own -> {
                KeyedState keyed = sums.get(kind);
                keyed.load(0, own);
                double[] numbers = new double[keyed.readingCount()];
                keyed.readings(0, moment.timeMillis(), numbers);
                yield new Reading(kind, moment.member(), numbers, new String[0]);
            }
            case Cell.Recent own ->
                new Reading(kind, 0, new double[0], own.items().clone());
        };
    }

    /**
     * The features of an exposure, put together from what was read of its cells.
     *
     * @return of which the subject's sequences can be read, until the next row
     */
    public FeatureState.Reader row(Event event, List<Reading> readings, double[] row) {
        double[] @Nullable [] numbers = new double[sums.size()][];
        for (int kind : changing) {
            if (kind < sums.size()) {
                numbers[kind] = sums.get(kind).noReadings();
            }
        }
        int subject = state.situation(event).subject;
        sequences.forEach(sequence -> sequence.forget(subject));
        // Sums of several keys are added in the order of the members, as they are where all lies together.
        var ordered = new ArrayList<>(readings);
        ordered.sort((a, b) -> Integer.compare(a.member(), b.member()));
        for (Reading reading : ordered) {
            if (reading.kind() < sums.size()) {
                sums.get(reading.kind()).merge(numbers[reading.kind()], reading.numbers());
            } else {
                String[] items = reading.items();
                long[] order = LongStream.range(0, items.length).toArray();
                addAll(sequences.get(reading.kind() - sums.size()), subject, new Cell.Recent(items, order));
            }
        }
        FeatureState.Reader reader = state.assembled(numbers);
        reader.read(event, row);
        return reader;
    }

    /**
     * Tells of every cell of the state.
     *
     * @param versionMillis the version of all cells: not before the newest event
     */
    public void forEach(long versionMillis, BiConsumer<Key, Cell> visitor) {
        for (int kind : changing) {
            if (kind < sums.size()) {
                KeyedState keyed = sums.get(kind);
                keyed.forEach((slot, codes) ->
                        visitor.accept(new Key(kind, text(keyed, codes)), keyed.cell(slot, versionMillis)));
            } else {
                SequenceState sequence = sequences.get(kind - sums.size());
                for (int subject = 1; subject < sequence.subjects(); subject++) {
                    if (sequence.isKnown(subject)) {
                        visitor.accept(new Key(kind, state.subjectIds().text(subject)), sequence.cell(subject));
                    }
                }
            }
        }
    }

    /** The kinds of cells that events change, in words. */
    public Map<Integer, String> kinds() {
        var kinds = new LinkedHashMap<Integer, String>();
        for (int kind : changing) {
            kinds.put(
                    kind,
                    kind >= sums.size()
                            ? "a sequence"
                            : "sums by "
                                    + (sums.get(kind).parts().isEmpty()
                                            ? "nothing"
                                            : sums.get(kind).parts().stream()
                                                    .map(KeyPart::name)
                                                    .collect(Collectors.joining(" × "))));
        }
        return kinds;
    }

    /** Puts a cell into its slot; items that this process does not know are left out. */
    public void load(Slot slot, Cell cell) {
        int kind = slot.key().kind();
        switch (cell) {
            case Cell.Sums own -> sums.get(kind).load(slot.place(), own);
            case Cell.Recent own -> {
                SequenceState sequence = sequences.get(kind - sums.size());
                sequence.forget(slot.place());
                Dictionary.Domain ids = catalog.dictionary().domain(itemIds);
                for (int i = 0; i < own.items().length; i++) {
                    int item = ids.code(own.items()[i]);
                    if (item > 0) {
                        sequence.add(slot.place(), item, own.times()[i]);
                    }
                }
            }
        }
    }

    /** Forgets every cell that was loaded. */
    public void clear() {
        for (int kind : changing) {
            if (kind < sums.size()) {
                sums.get(kind).clear();
            }
        }
        sequences.forEach(SequenceState::clear);
    }

    /** Reads what {@link Cell#bytes} wrote of a cell of this kind, from a place in the bytes on. */
    public Cell read(int kind, byte[] bytes, int from) {
        var in = new ByteReader(bytes, from);
        return kind < sums.size() ? sums.get(kind).readCell(in) : Cell.Recent.read(in);
    }

    /** The key under which an online store holds a cell; features of another definition lie under another one. */
    public byte[] storeKey(Key key) {
        byte[] signature = signatures.get(key.kind());
        byte[] text = key.text().getBytes(UTF_8);
        byte[] whole = Arrays.copyOf(signature, signature.length + text.length);
        System.arraycopy(text, 0, whole, signature.length, text.length);
        return whole;
    }

    private byte[] signature(FeedApplication application, int kind) {
        String made = kind < sums.size()
                ? sums.get(kind).parts().stream().map(KeyPart::name).collect(Collectors.joining(","))
                        + sums.get(kind).shape(state::formulaName)
                : "sequence of " + sequences.get(kind - sums.size()).last()
                        + state.formulaName(sequences.get(kind - sums.size()).condition());
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(made.getBytes(UTF_8));
            String abbreviated = Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, 6));
            return (application.name() + ":" + abbreviated + ":").getBytes(UTF_8);
        } catch (NoSuchAlgorithmException e) {
            throw new InternalFault("no SHA-256", e);
        }
    }
}

package io.rankwright.retrieval;

import static java.util.Objects.requireNonNull;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.models.CollaborativeModel;
import io.rankwright.models.TwoTower;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * All candidate sources of an application, kept up to date by events and changes of items.
 *
 * <p>Thread-safety: any thread may ask and tell.
 */
public final class Retriever implements AutoCloseable {
    private final List<Source> sources;
    private final Popularity prior;
    private final Map<Optional<Duration>, Popularity> counters = new LinkedHashMap<>();
    /** By the name of the source. */
    private final Map<String, Newest> newest = new LinkedHashMap<>();

    private final Map<String, CollaborativeModel.Bound> learnt = new LinkedHashMap<>();
    private final Optional<VectorIndex> index;
    private final Optional<TwoTower.Bound> towers;
    private final EntityTable items;

    /**
     * @param towers the towers, if the application has them
     * @param index the vectors of the items, brought up to date here
     * @param collaborative what is learnt from who took what, by the name of the source that asks for it
     * @param indexing how items are indexed that are not yet
     */
    public Retriever(
            FeedApplication application,
            EventLog log,
            Optional<TwoTower.Bound> towers,
            Optional<VectorIndex> index,
            Map<String, CollaborativeModel> collaborative,
            Indexing indexing) {
        this.items = log.table(application.framing().item());
        this.towers = towers;
        this.index = index;
        this.prior = prior(application);
        for (Model.CandidateSource source : application.model().retrieve()) {
            switch (source) {
                case Model.TwoTower _ -> {}
                case Model.Trending settings -> counter(settings.window());
                case Model.Fresh settings ->
                    newest.put(settings.name(), newest(settings.born().column()));
                case Model.Similar settings ->
                    Optional.ofNullable(collaborative.get(settings.name()))
                            .ifPresent(model -> learnt.put(
                                    settings.name(),
                                    model.bind(log.dictionary()
                                            .domain(Dictionary.idsOf(
                                                    application.framing().item())))));
            }
        }
        this.sources = sources(application.model());
        index.ifPresent(indexed -> towers.ifPresent(bound -> refresh(indexed, bound, indexing)));
    }

    private Newest newest(String column) {
        int place = items.place(column);
        return new Newest(items.capacity(), code -> items.isKnown(code) ? items.number(place, code) : Double.NaN);
    }

    /**
     * The sources with other settings, over the same vectors and counters.
     *
     * @param model whose sources have the names and windows of the application's
     */
    public List<Source> sources(Model model) {
        var made = new ArrayList<Source>();
        for (Model.CandidateSource source : model.retrieve()) {
            switch (source) {
                case Model.TwoTower settings ->
                    towers.ifPresent(bound ->
                            index.ifPresent(indexed -> made.add(new Sources.Nearest(settings, bound, indexed, prior))));
                case Model.Trending settings ->
                    made.add(new Sources.Trending(settings, of(counters, settings.window()), items));
                case Model.Fresh settings -> made.add(new Sources.Fresh(settings, of(newest, settings.name())));
                case Model.Similar settings -> {
                    if (learnt.containsKey(settings.name())) {
                        made.add(new Sources.Similar(settings, of(learnt, settings.name()), items, prior));
                    }
                }
            }
        }
        return List.copyOf(made);
    }

    private static <K, T> T of(Map<K, T> known, K key) {
        return requireNonNull(known.get(key), key.toString());
    }

    /** The counter that weighs the other sources: of the first trending source with a window, or for ever. */
    private Popularity prior(FeedApplication application) {
        return counter(application.model().retrieve().stream()
                .filter(Model.Trending.class::isInstance)
                .map(source -> ((Model.Trending) source).window())
                .flatMap(Optional::stream)
                .findFirst());
    }

    /** The counter of a window: one, whoever asks. */
    private Popularity counter(Optional<Duration> window) {
        return counters.computeIfAbsent(window, Popularity::new);
    }

    /** Brings the index to the items that are known: adds what is missing, takes out what was deleted. */
    private void refresh(VectorIndex indexed, TwoTower.Bound bound, Indexing indexing) {
        BitSet known = indexed.codes();
        int[] deleted = known.stream().filter(code -> !items.isKnown(code)).toArray();
        if (deleted.length > 0) {
            indexed.delete(deleted);
        }
        int[] missing = IntStream.range(1, items.capacity())
                .filter(code -> items.isKnown(code) && !known.get(code))
                .toArray();
        indexed.fill(missing, bound.dim(), bound::items, indexing);
    }

    public List<Source> sources() {
        return sources;
    }

    /** An item was taken. */
    public void taken(int item, long timeMillis) {
        counters.values().forEach(counter -> counter.add(item, timeMillis));
    }

    /** An item was added or changed: it is found by the next request. */
    public void put(int item) {
        newest.values().forEach(order -> order.put(item));
        if (index.isPresent() && towers.isPresent()) {
            int[] codes = {item};
            index.get().put(codes, towers.get().items(codes));
        }
    }

    /** An item was deleted. */
    public void delete(int item) {
        index.ifPresent(vectors -> vectors.delete(item));
    }

    /** The nearest items to an item in the learnt space, itself left out; empty without towers. */
    public VectorIndex.Nearest similarTo(int item, int k) {
        if (index.isEmpty() || towers.isEmpty()) {
            return new VectorIndex.Nearest(new int[0], new float[0]);
        }
        float[] vector = towers.get().items(new int[] {item})[0];
        return index.get().nearest(vector, k, code -> code != item && items.isShown(code));
    }

    /**
     * The vectors of items, for measuring how alike they are; empty without towers. An item that was deleted meanwhile has
     * one of length 0.
     */
    public Optional<float[][]> vectors(int[] codes) {
        return index.map(indexed -> indexed.vectors(codes));
    }

    @Override
    public void close() {
        index.ifPresent(VectorIndex::close);
    }
}

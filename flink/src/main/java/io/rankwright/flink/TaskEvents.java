package io.rankwright.flink;

import io.rankwright.features.FeatureCells;
import io.rankwright.log.Catalog;
import io.rankwright.log.Event;
import io.rankwright.spec.FeedApplication;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a task needs to turn what arrived into events and their cells: a catalog of its own. One task's. */
final class TaskEvents {
    private final FeedApplication application;
    private final String type;
    private final Catalog catalog;
    private final FeatureCells cells;
    private final List<String> columns;

    TaskEvents(String bundle, String type) {
        Bundle opened = Bundle.open(bundle);
        this.application = opened.application();
        this.type = type;
        this.catalog = opened.catalog();
        this.cells = new FeatureCells(application, catalog);
        this.columns = ArrivalSource.columns(catalog.schema(type).contract());
    }

    FeedApplication application() {
        return application;
    }

    Catalog catalog() {
        return catalog;
    }

    FeatureCells cells() {
        return cells;
    }

    /** The event; empty if it breaks its contract. */
    Optional<Event> event(Arrived arrived) {
        Map<String, String> fields = EventId.fields(columns, arrived);
        return catalog.fault(type, fields).isPresent()
                ? Optional.empty()
                : Optional.of(catalog.event(type, fields, arrived.offset()));
    }
}

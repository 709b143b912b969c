package io.rankwright.flink;

import io.rankwright.log.Catalog;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.java.functions.KeySelector;
import org.jspecify.annotations.Nullable;

/** The identity of an event, as the log has it. */
final class EventId implements KeySelector<Arrived, String> {
    private static final long serialVersionUID = 1L;

    private final String bundle;
    private final String type;
    private transient @Nullable Catalog catalog;
    private transient @Nullable List<String> columns;

    EventId(String bundle, String type) {
        this.bundle = bundle;
        this.type = type;
    }

    @Override
    public String getKey(Arrived event) {
        if (catalog == null || columns == null) {
            catalog = new Catalog(Bundle.open(bundle).application());
            columns = ArrivalSource.columns(catalog.schema(type).contract());
        }
        return Base64.getEncoder().encodeToString(catalog.eventId(type, fields(columns, event)));
    }

    /** The fields of an event by column. */
    static Map<String, String> fields(List<String> columns, Arrived event) {
        var fields = new HashMap<String, String>();
        for (int i = 0; i < columns.size(); i++) {
            String field = event.fields()[i];
            if (field != null) {
                fields.put(columns.get(i), field);
            }
        }
        return fields;
    }
}

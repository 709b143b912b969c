package io.rankwright.features;

import io.rankwright.log.Event;
import io.rankwright.log.EventSchema;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import java.util.ArrayList;
import java.util.List;

/** Where subject, item and context columns lie in an exposure. Immutable. */
final class ExposureLayout {
    private final int subject;
    private final int item;
    private final List<String> contextColumns;
    private final int[] contextPlaces;
    private final boolean[] isContextNumber;

    ExposureLayout(FeedApplication application, EventSchema schema) {
        this.subject = schema.codeIndex(application.subjectColumn()).orElseThrow();
        this.item = schema.codeIndex(application.itemColumn()).orElseThrow();
        var columns = new ArrayList<String>();
        for (FeatureDefinition feature : application.features()) {
            if (feature instanceof FeatureDefinition.Categorical categorical
                    && categorical.scope() == FeatureDefinition.Scope.CONTEXT) {
                columns.add(categorical.column().column());
            }
        }
        this.contextColumns = List.copyOf(columns);
        this.contextPlaces = new int[columns.size()];
        this.isContextNumber = new boolean[columns.size()];
        for (int i = 0; i < contextPlaces.length; i++) {
            String column = columns.get(i);
            isContextNumber[i] = schema.codeIndex(column).isEmpty();
            contextPlaces[i] = isContextNumber[i]
                    ? schema.number(column)
                    : schema.codeIndex(column).orElseThrow();
        }
    }

    int subject() {
        return subject;
    }

    int item() {
        return item;
    }

    List<String> contextColumns() {
        return contextColumns;
    }

    double context(Event event, int index) {
        int place = contextPlaces[index];
        return isContextNumber[index] ? event.numbers()[place] : event.codes()[place];
    }
}

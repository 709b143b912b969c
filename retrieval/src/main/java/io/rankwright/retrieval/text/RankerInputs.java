package io.rankwright.retrieval.text;

import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchFeature;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.search.IndexSearcher;

/** What the ranker of a search sees of each candidate. Immutable, safe for any thread. */
record RankerInputs(SearchApplication application, Clicks clicks) {
    /**
     * The inputs of each candidate, one row behind the other.
     *
     * @param inputs names of features, in the order of a row
     */
    float[] rows(IndexSearcher searcher, Asked asked, Found found, List<String> ids, List<String> inputs)
            throws IOException {
        int count = found.size();
        float[] rows = new float[count * inputs.size()];
        var columns = new Columns(searcher, found.documents());
        for (int f = 0; f < inputs.size(); f++) {
            double[] column =
                    column(columns, asked, found, ids, application.feature(SearchFeature.class, inputs.get(f)));
            for (int i = 0; i < count; i++) {
                rows[i * inputs.size() + f] = (float) column[i];
            }
        }
        return rows;
    }

    private double[] column(Columns columns, Asked asked, Found found, List<String> ids, SearchFeature feature)
            throws IOException {
        return switch (feature) {
            case SearchFeature.Amount amount -> columns.numbers(amount.name());
            case SearchFeature.Words words -> {
                if (words.text().equals(application.framing().query())) {
                    double[] same = new double[found.size()];
                    Arrays.fill(same, asked.words().size());
                    yield same;
                }
                yield columns.numbers(words.name());
            }
            case SearchFeature.Bm25 bm25 -> columns.scores(asked.in(bm25.text()));
            case SearchFeature.Closeness closeness -> columns.cosines(asked, closeness.embedding());
            case SearchFeature.Overlap overlap -> columns.overlap(asked, overlap.text());
            case SearchFeature.Phrases phrases -> columns.phrases(asked, phrases.text());
            case SearchFeature.Place place -> places(place, found);
            case SearchFeature.Clicked _ ->
                ids.stream()
                        .mapToDouble(id -> clicks.attraction(asked.text(), id))
                        .toArray();
            case SearchFeature.Text _, SearchFeature.Embedding _, SearchFeature.Category _ ->
                throw new IllegalArgumentException(feature.name() + " is no number");
        };
    }

    private static double[] places(SearchFeature.Place place, Found found) {
        double[] column = new double[found.size()];
        for (int i = 0; i < column.length; i++) {
            int at = switch (place.source()) {
                case "bm25" -> found.wordPlaces()[i];
                case "dense" -> found.meaningPlaces()[i];
                default -> i + 1;
            };
            column[i] = at == 0 ? 0 : 1.0 / at;
        }
        return column;
    }
}

package io.rankwright.serving.score;

import io.rankwright.models.encoding.Encoders;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.CaseFeature;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a version of a score is made of, and where the rest of it lies: the same for training and serving. Stateless. */
public final class ScoreModels {
    /** The name of the artefact in a version. */
    public static final String ARTEFACT = "cases";

    private ScoreModels() {}

    /** The embeddings that the model looks at. */
    public static List<CaseFeature.Embedding> embeddings(ScoreApplication application) {
        List<String> used =
                application.model().trees().map(trees -> trees.features()).orElse(List.of());
        return application.features().stream()
                .filter(CaseFeature.Embedding.class::isInstance)
                .map(CaseFeature.Embedding.class::cast)
                .filter(embedding -> used.contains(embedding.name()))
                .toList();
    }

    /** The vectors of a case that is asked about once. */
    static Map<String, float[]> vectors(ScoreApplication application, Encoders encoders, Map<String, String> fields) {
        var vectors = new HashMap<String, float[]>();
        for (CaseFeature.Embedding embedding : embeddings(application)) {
            vectors.put(
                    embedding.name(),
                    encoders.of(embedding.encoder()).passing(fields.getOrDefault(embedding.column(), "")));
        }
        return vectors;
    }
}

package io.rankwright.serving.score;

import io.rankwright.models.text.EncodedTexts;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.CaseFeature;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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

    /** The encoders of these embeddings; they are to be closed. */
    public static Map<Encoder, EncodedTexts> encoders(Path state, ScoreApplication application) {
        var encoders = new EnumMap<Encoder, EncodedTexts>(Encoder.class);
        embeddings(application)
                .forEach(embedding -> encoders.computeIfAbsent(
                        embedding.encoder(), encoder -> EncodedTexts.open(state.resolve("vectors"), encoder)));
        return encoders;
    }

    /** The vectors of a case that is asked about once. */
    static Map<String, float[]> vectors(
            ScoreApplication application, Map<Encoder, EncodedTexts> encoders, Map<String, String> fields) {
        var vectors = new HashMap<String, float[]>();
        for (CaseFeature.Embedding embedding : embeddings(application)) {
            vectors.put(
                    embedding.name(),
                    Objects.requireNonNull(encoders.get(embedding.encoder()))
                            .passing(fields.getOrDefault(embedding.column(), "")));
        }
        return vectors;
    }
}

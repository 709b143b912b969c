package io.rankwright.serving.score;

import io.rankwright.models.Tokens;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.models.encoding.TextEncoder;
import io.rankwright.models.text.CaseModel;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.CaseFeature;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

    /** The embedding whose text a network looks at, token by token. */
    public static Optional<CaseFeature.Embedding> readByToken(ScoreApplication application) {
        return application.model().network().map(network ->
                (CaseFeature.Embedding) application.feature(network.embedding()));
    }

    /** What encoders say of a case that is asked about once: each text is read once. */
    static CaseModel.Seen seen(ScoreApplication application, Encoders encoders, Map<String, String> fields) {
        var vectors = new HashMap<String, float[]>();
        Optional<CaseFeature.Embedding> byToken = readByToken(application);
        Optional<TextEncoder.Reading> reading = byToken.map(
                embedding -> encoders.of(embedding.encoder()).read(fields.getOrDefault(embedding.column(), "")));
        for (CaseFeature.Embedding embedding : embeddings(application)) {
            float[] vector = byToken.equals(Optional.of(embedding))
                    ? reading.orElseThrow().vector()
                    : encoders.of(embedding.encoder()).passing(fields.getOrDefault(embedding.column(), ""));
            vectors.put(embedding.name(), vector);
        }
        return new CaseModel.Seen(
                vectors, reading.map(TextEncoder.Reading::tokens).orElse(Tokens.NONE));
    }
}

package io.rankwright.models.text;

import io.rankwright.spec.Encoder;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Encoders with the vectors that they have made, each opened when it is first asked for.
 *
 * <p>Thread-safety: any number of threads.
 */
public final class Encoders implements AutoCloseable {
    private final Path folder;
    private final Map<Encoder, EncodedTexts> opened = new ConcurrentHashMap<>();

    /** @param state the folder of an application's state, in which vectors are kept, or will be */
    public Encoders(Path state) {
        this.folder = state.resolve("vectors");
    }

    /** The vectors of an encoder. */
    public EncodedTexts of(Encoder encoder) {
        return opened.computeIfAbsent(encoder, wanted -> EncodedTexts.open(folder, wanted));
    }

    /** The vector of a text; it is kept, because the text may come again. */
    public Function<String, float[]> vectors(Encoder encoder) {
        return of(encoder)::vector;
    }

    @Override
    public void close() {
        opened.values().forEach(EncodedTexts::close);
        opened.clear();
    }
}

package io.rankwright.models.encoding;

import io.rankwright.log.Images;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Encoders with the vectors that they have made, each opened when it is first asked for.
 *
 * <p>Thread-safety: any number of threads.
 */
public final class Encoders implements AutoCloseable {
    private final Path folder;
    private final Images images;
    private final List<Encoder> own;
    private final Map<Encoder, EncodedContents> opened = new ConcurrentHashMap<>();

    /**
     * @param state the folder of an application's state, in which vectors and images are kept, or will be
     * @param own the encoders of the application
     */
    public Encoders(Path state, List<Encoder> own) {
        this.folder = state.resolve("vectors");
        this.images = new Images(state);
        this.own = List.copyOf(own);
    }

    /** The vectors of an encoder. */
    public EncodedContents of(Encoder encoder) {
        return opened.computeIfAbsent(encoder, wanted -> EncodedContents.open(folder, wanted, images));
    }

    /**
     * The vectors of the encoder with this id.
     *
     * @throws UserFault if a model was learnt with an encoder that is not there any more
     */
    public EncodedContents of(String id) {
        return of(Stream.concat(Encoder.INCLUDED.stream(), own.stream())
                .filter(encoder -> encoder.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new UserFault("the model looks at vectors of the encoder " + id
                        + ", whose files the application has not any more; expected them, or a model that was trained"
                        + " with those of today ('rankwright train')")));
    }

    /** The vector of a content for the encoder with this id; it is kept, because the content may come again. */
    public Function<String, float[]> vectors(String id) {
        return of(id)::vector;
    }

    @Override
    public void close() {
        opened.values().forEach(EncodedContents::close);
        opened.clear();
    }
}

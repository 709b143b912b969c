package io.rankwright.models.encoding;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.rankwright.log.Images;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Optional;

/** An encoder of images, held or referred to: their pixels at the size that the network wants. Any number of threads. */
public final class ImageEncoder implements ContentEncoder {
    /** One pixel, to see whether a network answers. */
    static final String SOME_IMAGE = "data:image/gif;base64,R0lGODdhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=";

    private final Encoder encoder;
    private final Encoder.Images reading;
    private final Images images;
    private final Network network;
    private final String input;

    private ImageEncoder(Encoder encoder, Encoder.Images reading, Images images, Network network, String input) {
        this.encoder = encoder;
        this.reading = reading;
        this.images = images;
        this.network = network;
        this.input = input;
    }

    static ImageEncoder load(Encoder encoder, Encoder.Images reading, Images images) {
        Network network = Network.of(encoder);
        if (network.inputs().size() != 1) {
            network.close();
            throw new UserFault(encoder.network() + " of the encoder " + encoder.word() + " wants " + network.inputs()
                    + "; expected one input, the pixels");
        }
        return new ImageEncoder(
                encoder, reading, images, network, network.inputs().iterator().next());
    }

    @Override
    public Encoder encoder() {
        return encoder;
    }

    @Override
    public String hash(String content) {
        return content.isEmpty() ? "0".repeat(64) : Images.hash(content);
    }

    @Override
    public float[] encode(String content) {
        if (content.isEmpty()) {
            return new float[encoder.dim()];
        }
        Optional<byte[]> bytes = images.bytes(content);
        if (bytes.isEmpty()) {
            throw new EnvironmentFault("the image " + content + " is not there any more", false);
        }
        float[] pixels;
        try {
            pixels = Pixels.of(Images.decoded(bytes.get()), reading);
        } catch (IOException e) {
            throw new EnvironmentFault("the image " + Images.reference(content) + " is broken", false, e);
        }
        long[] shape = reading.hasChannelsLast()
                ? new long[] {1, reading.height(), reading.width(), Pixels.COLOURS}
                : new long[] {1, Pixels.COLOURS, reading.height(), reading.width()};
        try (OnnxTensor tensor = OnnxTensor.createTensor(Network.ENVIRONMENT, FloatBuffer.wrap(pixels), shape)) {
            return network.vector(Map.of(input, tensor));
        } catch (OrtException e) {
            throw new InternalFault("pixels that are no tensor", e);
        }
    }

    @Override
    public void close() {
        network.close();
    }
}

package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A pre-trained network that makes a vector of length 1 of a content: one of those that the engine brings along, or one
 * that an application has in its folder {@code encoders/WORD} with an {@code encoder.yaml}. Immutable.
 *
 * @param word as it is written in an application file
 * @param id tells it from any other: the word and, of an application's own, the first signs of the hash of its files
 * @param dim the length of its vectors
 * @param network the ONNX file
 * @param output the output that is the vector, or the vectors of the tokens; empty for the first one
 * @param pooling how an output with a vector for each token becomes one vector
 * @param reading what it looks at
 * @param folder where its files lie; empty if they are on the class path
 */
public record Encoder(
        String word,
        String id,
        int dim,
        String network,
        String output,
        Pooling pooling,
        Reading reading,
        Optional<Path> folder) {
    /** Sentence-Transformers' all-MiniLM-L6-v2, quantised: six layers, the mean over the tokens. */
    public static final Encoder ALL_MINILM_L6_V2 = included("all-minilm-l6-v2", "all-minilm-l6-v2-q", Pooling.MEAN, "");

    /** BAAI's bge-small-en-v1.5, quantised: twelve layers, the first token; queries begin with an instruction. */
    public static final Encoder BGE_SMALL_EN_V1_5 = included(
            "bge-small-en-v1.5",
            "bge-small-en-v1.5-q",
            Pooling.FIRST,
            "Represent this sentence for searching relevant passages: ");

    /** Those that the engine brings along, all of English texts. */
    public static final List<Encoder> INCLUDED = List.of(ALL_MINILM_L6_V2, BGE_SMALL_EN_V1_5);

    /** What lies behind so many tokens of a text is not looked at. */
    static final int MOST_TOKENS = 256;

    public Encoder {
        requireNonNull(pooling, "pooling");
        requireNonNull(folder, "folder");
    }

    /** How the vectors of the tokens become one. */
    public enum Pooling {
        MEAN,
        FIRST,
        /** The network does it. */
        NONE
    }

    /** What an encoder looks at. */
    public sealed interface Reading {}

    /**
     * Texts.
     *
     * @param tokenizer the file of a Hugging Face tokenizer
     * @param longest how many tokens are looked at
     * @param queryPrefix what a short query begins with, so that it lies near the longer texts that answer it
     */
    public record Texts(String tokenizer, int longest, String queryPrefix) implements Reading {}

    /**
     * Images of three colours, each value from 0 to 1, less the mean, over the deviation.
     *
     * @param height,width of what the network sees, in pixels
     * @param resize the shorter of the two before a crop, in pixels
     * @param fit how an image of another shape becomes one of this
     * @param means,deviations of red, green and blue
     * @param hasChannelsLast whether the colours of a pixel stand together, instead of the pixels of a colour
     */
    public record Images(
            int height,
            int width,
            int resize,
            Fit fit,
            List<Double> means,
            List<Double> deviations,
            boolean hasChannelsLast)
            implements Reading {
        public Images {
            means = List.copyOf(means);
            deviations = List.copyOf(deviations);
        }
    }

    /** How an image of another shape becomes one of that which the network sees. */
    public enum Fit {
        /** It covers what the network sees; what stands out is cut off. */
        CROP,
        /** Both sides fit. */
        STRETCH,
        /** It fits in whole; the rest has the colour of the mean. */
        PAD
    }

    @Override
    public String toString() {
        return id;
    }

    /** Whether it looks at images. */
    public boolean isOfImages() {
        return reading instanceof Images;
    }

    /** What it looks at, in a word of many. */
    public String contents() {
        return isOfImages() ? "images" : "texts";
    }

    /** What a short query begins with; empty if that is nothing. */
    public String queryPrefix() {
        return reading instanceof Texts texts ? texts.queryPrefix() : "";
    }

    private static Encoder included(String word, String resource, Pooling pooling, String queryPrefix) {
        return new Encoder(
                word,
                word,
                384,
                resource + ".onnx",
                "",
                pooling,
                new Texts(resource + "-tokenizer.json", MOST_TOKENS, queryPrefix),
                Optional.empty());
    }

    /** The one of this word that the engine brings along. */
    static Optional<Encoder> included(String word) {
        return INCLUDED.stream().filter(encoder -> encoder.word.equals(word)).findFirst();
    }
}

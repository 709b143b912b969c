package io.rankwright.spec;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A pre-trained encoder of English texts that the engine brings along: a text becomes a vector of length 1. */
public enum Encoder {
    /** Sentence-Transformers' all-MiniLM-L6-v2, quantised: six layers, the mean over the tokens. */
    ALL_MINILM_L6_V2("all-minilm-l6-v2", "all-minilm-l6-v2-q", 384, Pooling.MEAN, ""),
    /** BAAI's bge-small-en-v1.5, quantised: twelve layers, the first token; queries begin with an instruction. */
    BGE_SMALL_EN_V1_5(
            "bge-small-en-v1.5",
            "bge-small-en-v1.5-q",
            384,
            Pooling.FIRST,
            "Represent this sentence for searching relevant passages: ");

    /** How the vectors of the tokens become one. */
    public enum Pooling {
        MEAN,
        FIRST
    }

    private final String word;
    private final String resource;
    private final int dim;
    private final Pooling pooling;
    private final String queryPrefix;

    Encoder(String word, String resource, int dim, Pooling pooling, String queryPrefix) {
        this.word = word;
        this.resource = resource;
        this.dim = dim;
        this.pooling = pooling;
        this.queryPrefix = queryPrefix;
    }

    /** As it is written in an application file. */
    public String word() {
        return word;
    }

    /** What its files on the class path begin with. */
    public String resource() {
        return resource;
    }

    /** The length of its vectors. */
    public int dim() {
        return dim;
    }

    public Pooling pooling() {
        return pooling;
    }

    /** What a short query begins with, so that it lies near the longer texts that answer it. */
    public String queryPrefix() {
        return queryPrefix;
    }

    static List<String> words() {
        return Arrays.stream(values()).map(Encoder::word).toList();
    }

    /** The encoder of this word. */
    public static Optional<Encoder> of(String word) {
        return Arrays.stream(values())
                .filter(encoder -> encoder.word.equals(word))
                .findFirst();
    }
}

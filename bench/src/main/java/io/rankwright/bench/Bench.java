package io.rankwright.bench;

import io.rankwright.serving.Carriers;
import io.rankwright.spec.Application;
import java.nio.file.Path;

/**
 * Chooses the benchmark: {@code replay [APP] [EVENTS]}, {@code feed ADDRESS [REQUESTS]}, {@code
 * ranker HOME}, {@code store [APP]}, {@code
 * ingest [ADDRESS] [BATCHES]}, {@code load --rate N}, {@code cascade}, {@code scale}, {@code
 * embeddings} {@code encode FILE}, {@code encode APP IMAGES} or {@code ceiling FILE VOTES READERS}.
 */
public final class Bench {
    private Bench() {}

    /** Runs one benchmark and prints its figures. */
    public static void main(String[] arguments) throws Exception {
        Carriers.reserve();
        switch (arguments.length == 0 ? "" : arguments[0]) {
            case "replay" ->
                ReplayBench.run(
                        Path.of(arguments.length > 1 ? arguments[1] : "apps/video-feed"),
                        arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1_000_000);
            case "feed" ->
                FeedBench.run(
                        arguments.length > 1 ? arguments[1] : "http://127.0.0.1:8080",
                        arguments.length > 2 ? Integer.parseInt(arguments[2]) : 3000);
            case "ranker" ->
                RankerBench.run(Path.of(arguments.length > 1 ? arguments[1] : "apps/video-feed/.rankwright/real"));
            case "ingest" ->
                IngestBench.run(
                        arguments.length > 1 ? arguments[1] : "http://127.0.0.1:8080",
                        arguments.length > 2 ? Integer.parseInt(arguments[2]) : 250);
            case "store" -> StoreBench.run(Path.of(arguments.length > 1 ? arguments[1] : "apps/video-feed"));
            case "cascade" -> CascadeBench.run(Options.of(arguments));
            case "scale" -> ScaleBench.run(Options.of(arguments));
            case "load" -> LoadBench.run(Options.of(arguments));
            case "embeddings" -> EmbeddingBench.run();
            case "encode" -> {
                if (arguments.length > 2) {
                    EncodeBench.run(Application.read(Path.of(arguments[1])), Path.of(arguments[2]));
                } else {
                    EncodeBench.run(Path.of(arguments[1]));
                }
            }
            case "ceiling" -> CeilingBench.run(Path.of(arguments[1]), arguments[2], arguments[3]);
            default ->
                System.err.println("usage: bench/run replay [APP] [EVENTS] | feed [ADDRESS] [REQUESTS] | ranker [HOME]"
                        + " | store [APP] | ingest [ADDRESS] [BATCHES] | embeddings | encode FILE | encode APP IMAGES"
                        + " | ceiling FILE.csv VOTES READERS"
                        + " | cascade [--app APP] [--state STATE] [--requests N]"
                        + " | scale [--items 10k,100k] [--candidates 1,100] [--requests N] [--home FOLDER] [--plot FILE.svg]"
                        + " | load [--address A] [--rate N | --peak CLIENTS] [--seconds N] [--users N] [--events SHARE]"
                        + " [--queries FILE.csv]");
        }
    }
}

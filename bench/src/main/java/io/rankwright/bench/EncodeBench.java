package io.rankwright.bench;

import io.rankwright.log.Images;
import io.rankwright.models.encoding.ContentEncoder;
import io.rankwright.spec.Application;
import io.rankwright.spec.Encoder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * How many texts a second each encoder encodes: short ones (the first eight words of each) and whole ones of up to 256
 * tokens, on one thread and on as many as there are cores, in turn.
 */
final class EncodeBench {
    private static final int TEXTS = 400;
    private static final int WORDS = 8;

    private EncodeBench() {}

    /** @param file lines of texts, such as JSON lines, compressed if it ends with gz */
    static void run(Path file) throws IOException {
        var in = Files.newInputStream(file);
        List<String> whole;
        try (var lines = new BufferedReader(new InputStreamReader(
                file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in, StandardCharsets.UTF_8))) {
            whole = lines.lines().limit(TEXTS).toList();
        }
        List<String> brief = whole.stream()
                .map(text -> String.join(
                        " ",
                        List.of(text.split("\\s+", WORDS + 1)).subList(0, Math.min(WORDS, text.split("\\s+").length))))
                .toList();
        int cores = Runtime.getRuntime().availableProcessors();
        for (Encoder encoder : Encoder.INCLUDED) {
            try (ContentEncoder loaded = ContentEncoder.load(encoder, new Images(Path.of("")))) {
                rate(loaded, brief, 1);
                System.out.printf(
                        "%-20s %,7.0f short/s on one thread, %,7.0f on %d; %,6.1f whole/s on one, %,6.1f on %d%n",
                        encoder.word(),
                        rate(loaded, brief, 1),
                        rate(loaded, brief, cores),
                        cores,
                        rate(loaded, whole, 1),
                        rate(loaded, whole, cores),
                        cores);
            }
        }
    }

    /**
     * How many images a second each encoder of images of an application encodes, decoding and all.
     *
     * @param folder with images
     */
    static void run(Application application, Path folder) throws IOException {
        var images = new ArrayList<String>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                byte[] bytes = Files.readAllBytes(file);
                images.add("data:" + Images.mediaType(bytes) + ";base64,"
                        + Base64.getEncoder().encodeToString(bytes));
            }
        }
        images.removeIf(image -> !Images.isImage(image));
        int cores = Runtime.getRuntime().availableProcessors();
        for (Encoder encoder : application.encoders()) {
            if (!encoder.isOfImages()) {
                continue;
            }
            try (ContentEncoder loaded = ContentEncoder.load(encoder, new Images(Path.of("")))) {
                rate(loaded, images, 1);
                System.out.printf(
                        "%-20s %,d images: %,7.0f/s on one thread, %,7.0f on %d%n",
                        encoder.word(), images.size(), rate(loaded, images, 1), rate(loaded, images, cores), cores);
            }
        }
    }

    private static double rate(ContentEncoder encoder, List<String> texts, int threads) {
        var next = new AtomicInteger();
        long start = System.nanoTime();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Callable<Integer>> tasks = IntStream.range(0, threads)
                    .mapToObj(_ -> (Callable<Integer>) () -> {
                        int done = 0;
                        for (int i = next.getAndIncrement(); i < texts.size(); i = next.getAndIncrement()) {
                            encoder.encode(texts.get(i));
                            done++;
                        }
                        return done;
                    })
                    .toList();
            pool.invokeAll(tasks);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return texts.size() / ((System.nanoTime() - start) / 1e9);
    }
}

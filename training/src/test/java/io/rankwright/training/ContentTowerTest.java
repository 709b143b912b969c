package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.log.DataRoot;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EventLog;
import io.rankwright.log.Images;
import io.rankwright.log.Ingestion;
import io.rankwright.log.Progress;
import io.rankwright.models.Artefact;
import io.rankwright.models.TwoTower;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.FeedApplication;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers of two kinds and stories about two things, of which a tower knows the titles alone, or the pictures. */
class ContentTowerTest {
    private static final int READERS = 40;
    private static final int STORIES = 120;
    /** The last stories are shown to nobody. */
    private static final int SHOWN = 80;

    private static final LocalDate LAST = LocalDate.of(2026, 3, 5);
    private static final long END = LAST.plusDays(1).toEpochDay() * 86_400_000L;

    private static final List<List<String>> SUBJECTS = List.of(
            List.of("bread", "soup", "a cake", "pasta", "roast chicken", "a salad", "curry", "an omelette"),
            List.of("Mars", "a comet", "the Moon", "a galaxy", "Saturn", "a black hole", "the Sun", "an asteroid"));
    private static final List<List<String>> SENTENCES = List.of(
            List.of(
                    "How to bake %s at home",
                    "A quick recipe for %s", "Cooking %s for the family", "%s with fresh herbs"),
            List.of("A probe arrives at %s", "Astronomers look at %s", "What orbits %s", "A telescope's view of %s"));

    private static final String APPLICATION = """
            application: stories
            requirements:
              objective: show each reader the stories worth opening
              scale:   { users: 1k, items: 1k, requests_per_user_per_day: 1 }
              latency: { p99: 200ms }
            framing:
              task: feed
              subject: reader
              item: story
              labels:
                open: { event: view, where: opened == 1 }
              utility: open
            data:
              events:
                view: { source: views.csv }
              entities:
                reader: { source: readers.csv, key: reader_id }
                story:  { source: stories.csv, key: story_id }
              split: { train: [D-30, D-2], validate: D-1, test: D, zone: UTC }
            features:
              reader:
                reader_rate: { rate: open, prior: 5 }
              story:
                about:       { embedding: story.title, encoder: all-minilm-l6-v2 }
                story_rate:  { rate: open, prior: 5 }
            model:
              retrieve:
                two_tower: { dim: 16, reader: [id], story: [about], candidates: 50, epochs: 5, batch: 64 }
              rank:
                trees: { heads: [open] }
              rerank:
                - deduplicate: {}
            evaluation:
              offline: { open: [auc] }
            serving:
              slots: 10
              fallback: [last_good]
            """;

    /** ONNX: of 1 x 3 x 32 x 32 pixels the means of squares of 8 (AveragePool), one behind the other (Flatten). */
    private static final String MEANS =
            "CAg6mAEKQQoGcGl4ZWxzEgFwIgtBdmVyYWdlUG9vbCoVCgxrZXJuZWxfc2hhcGVACEAIoAEHKhAKB3N0cmlkZXNACEAIoAEHChQKAXASBnZl"
                    + "Y3RvciIHRmxhdHRlbhIBZ1ogCgZwaXhlbHMSFgoUCAESEAoCCAEKAggDCgIIIAoCCCBiGAoGdmVjdG9yEg4KDAgBEggKAggBCgIIMEIECgAQ"
                    + "DQ==";

    @TempDir
    private static Path folder;

    /** Which of the two things a story or a reader is about. */
    private static int kind(int number) {
        return number % 2;
    }

    private static String title(int story, SplittableRandom random) {
        List<String> subjects = SUBJECTS.get(kind(story));
        List<String> sentences = SENTENCES.get(kind(story));
        return String.format(
                Locale.ROOT,
                sentences.get(random.nextInt(sentences.size())),
                subjects.get(random.nextInt(subjects.size())));
    }

    /** Of one colour, and noise. */
    private static byte[] picture(int kind, SplittableRandom random) throws IOException {
        var image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int strong = 128 + random.nextInt(128);
                int weak = random.nextInt(128);
                image.setRGB(x, y, kind == 0 ? strong << 16 | weak : weak << 16 | strong);
            }
        }
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    private static void write(Path folder, String application, SplittableRandom random) throws IOException {
        Files.createDirectories(folder.resolve("app/contracts"));
        Files.writeString(folder.resolve("app/app.yaml"), application);
        Files.createDirectories(folder.resolve("app/encoders/means"));
        Files.write(
                folder.resolve("app/encoders/means/network.onnx"),
                Base64.getDecoder().decode(MEANS));
        Files.writeString(
                folder.resolve("app/encoders/means/encoder.yaml"),
                "dim: 48\nimages: { size: 32, mean: [0.5, 0.5, 0.5] }\n");
        Files.writeString(
                folder.resolve("app/contracts/reader.yaml"),
                "contract: reader\ncolumns:\n  reader_id: { type: id, entity: reader }\n");
        Files.writeString(
                folder.resolve("app/contracts/story.yaml"),
                "contract: story\ncolumns:\n  story_id: { type: id, entity: story }\n  title: { type: text, null: allowed }\n"
                        + "  photo: { type: image, null: allowed }\n");
        Files.writeString(folder.resolve("app/contracts/view.yaml"), """
                contract: view
                id: [reader_id, story_id, time_ms]
                time: time_ms
                columns:
                  reader_id: { type: id, entity: reader }
                  story_id:  { type: id, entity: story }
                  time_ms:   { type: time, unit: ms, from: 2015-01-01, to: 2035-01-01 }
                  opened:    { type: number, min: 0, max: 1 }
                """);
        var readers = new StringBuilder("reader_id\n");
        for (int r = 0; r < READERS; r++) {
            readers.append('r').append(r).append('\n');
        }
        Files.createDirectories(folder.resolve("data/photos"));
        var noise = new SplittableRandom(4);
        var stories = new StringBuilder("story_id,title,photo\n");
        for (int s = 0; s < STORIES; s++) {
            stories.append("s%d,%s,photos/%d.png%n".formatted(s, title(s, random), s));
            Files.write(folder.resolve("data/photos/" + s + ".png"), picture(kind(s), noise));
        }
        var views = new StringBuilder("reader_id,story_id,time_ms,opened\n");
        int count = 4_000;
        for (int v = 0; v < count; v++) {
            int reader = random.nextInt(READERS);
            int story = random.nextInt(SHOWN);
            boolean isOpened = random.nextDouble() < (kind(reader) == kind(story) ? 0.8 : 0.05);
            long time = END - (count - v) * (4 * 86_400_000L / count);
            views.append("r%d,s%d,%d,%d%n".formatted(reader, story, time, isOpened ? 1 : 0));
        }
        Files.writeString(folder.resolve("data/readers.csv"), readers);
        Files.writeString(folder.resolve("data/stories.csv"), stories);
        Files.writeString(folder.resolve("data/views.csv"), views);
    }

    @Test
    void aStoryThatNobodyHasSeenIsFoundByItsTitle() throws IOException {
        learn(folder.resolve("titles"), APPLICATION, (log, encoders, bound) -> {
            // A title that comes twice is encoded once; none is encoded while it serves.
            int encoded = encoders.of(Encoder.ALL_MINILM_L6_V2).size();
            assertThat(encoded).isBetween(40, 64);
            put(log, "n0", Map.of("title", "Baking bread with rosemary"));
            put(log, "n1", Map.of("title", "A rover lands on Mars"));
            assertThat(right(bound, log, Stream.of("n0", "n1"))).isGreaterThan(0.95);
            assertThat(encoders.of(Encoder.ALL_MINILM_L6_V2).size()).isEqualTo(encoded + 2);
        });
    }

    @Test
    void aStoryThatNobodyHasSeenIsFoundByItsPicture_andAPictureGoesWithTheLastStoryThatHasIt() throws IOException {
        String application =
                APPLICATION.replace("story.title, encoder: all-minilm-l6-v2", "story.photo, encoder: means");
        Path home = folder.resolve("pictures");
        learn(home, application, (log, encoders, bound) -> {
            byte[] picture = picture(0, new SplittableRandom(77));
            String held = "data:image/png;base64," + Base64.getEncoder().encodeToString(picture);
            put(log, "n0", Map.of("photo", held));
            put(log, "n1", Map.of("photo", "photos/1.png"));
            assertThat(log.entity("story", "n1")).isEmpty();
            put(
                    log,
                    "n1",
                    Map.of("photo", log.entity("story", "s1").orElseThrow().getOrDefault("photo", "")));
            assertThat(right(bound, log, Stream.of("n0", "n1"))).isGreaterThan(0.95);
            // Without a picture it has a vector all the same.
            put(log, "n2", Map.of());
            assertThat(bound.items(new int[] {code(log, "story", "n2")})[0]).hasSize(16);

            put(log, "n3", Map.of("photo", held));
            log.deleteEntity("story", "n0");
            assertThat(log.images().bytes(Images.reference(held))).hasValue(picture);
            put(log, "n3", Map.of("title", "No picture any more"));
            assertThat(log.images().bytes(Images.reference(held))).isEmpty();
        });
    }

    private interface Learnt {
        void check(EventLog log, Encoders encoders, TwoTower.Bound bound) throws IOException;
    }

    private static void learn(Path home, String yaml, Learnt learnt) throws IOException {
        write(home, yaml, new SplittableRandom(3));
        FeedApplication application = FeedApplication.read(home.resolve("app"));
        try (EventLog log = EventLog.open(home.resolve("log"), application);
                var encoders = new Encoders(home, application.encoders())) {
            new Ingestion(application, log, new DataRoot(home.resolve("data"), false), Progress.SILENT).run();
            var inputs =
                    new Snapshot.Manifest("key", "", "", "", "", "real", 0, LAST.toString(), Long.MAX_VALUE, List.of());
            DataSet data = Snapshot.write(home.resolve("snapshots"), application, log, inputs, Progress.SILENT)
                    .read(application, Progress.SILENT);

            Artefact trained = new TwoTowerTrainer(
                            application,
                            log,
                            data,
                            data.range(LAST.minusDays(3), LAST.minusDays(1)),
                            application.model().twoTower().orElseThrow(),
                            new TrainingRun(5, 2, TrainingRun.Device.CPU),
                            encoders,
                            home.resolve("checkpoints"))
                    .train(Progress.SILENT);

            try (TwoTower towers = TwoTower.of(trained)) {
                TwoTower.Bound bound = towers.bind(log, "reader", "story", encoders::vectors);
                assertThat(right(bound, log, IntStream.range(SHOWN, STORIES).mapToObj(s -> "s" + s)))
                        .isGreaterThan(0.95);
                learnt.check(log, encoders, bound);
            }
        }
    }

    private static void put(EventLog log, String id, Map<String, String> columns) {
        var texts = new HashMap<String, String>(columns);
        texts.put("story_id", id);
        log.putEntity("story", "story_id", texts, false);
    }

    /**
     * How often, of two stories, the one of a reader's kind is the nearer.
     *
     * @param ids of the stories, whose kinds take turns
     */
    private static double right(TwoTower.Bound towers, EventLog log, Stream<String> ids) {
        float[][] stories =
                towers.items(ids.mapToInt(id -> code(log, "story", id)).toArray());
        int right = 0;
        int all = 0;
        for (int r = 0; r < READERS; r++) {
            float[] reader = towers.subject(code(log, "reader", "r" + r), Map.of());
            for (int own = kind(r); own < stories.length; own += 2) {
                for (int other = 1 - kind(r); other < stories.length; other += 2) {
                    right += product(reader, stories[own]) > product(reader, stories[other]) ? 1 : 0;
                    all++;
                }
            }
        }
        return (double) right / all;
    }

    private static int code(EventLog log, String entity, String id) {
        return log.dictionary().domain(Dictionary.idsOf(entity)).code(id);
    }

    private static double product(float[] one, float[] other) {
        double sum = 0;
        for (int d = 0; d < one.length; d++) {
            sum += one[d] * other[d];
        }
        return sum;
    }
}

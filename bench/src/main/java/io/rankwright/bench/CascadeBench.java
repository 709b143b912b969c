package io.rankwright.bench;

import static java.util.Objects.requireNonNull;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.Artefact;
import io.rankwright.models.TwoTower;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.serving.Engine;
import io.rankwright.serving.FeedAnswer;
import io.rankwright.serving.FeedRequest;
import io.rankwright.serving.Slots;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.store.FSDirectory;

/**
 * What the engine costs without a network in between: the whole cascade of a feed in this process, beside a loop that asks
 * the same Lucene index for as many neighbours and the same network on ONNX Runtime for as many rows, and does nothing
 * else: no features, no filters, no other sources, no re-ranking, no deadlines, no log. Both take turns in one run. The loop's
 * network is the one of the model file that takes any rows; what it would take in the form that the engine has for candidates
 * of one subject is said too.
 */
final class CascadeBench {
    private static final String VECTOR = "vector";
    private static final int VECTORS = 1_000;
    private static final int TOGETHER = 300;
    private static final int WARM_UP = 2_000;
    private static final int REQUESTS = 2_000;

    private CascadeBench() {}

    /** Runs with {@code --app FOLDER --state FOLDER}: an application, and where a run keeps its state. */
    static void run(Options options) throws IOException, OrtException, InterruptedException {
        FeedApplication application = FeedApplication.read(Path.of(options.text("app", "bench/scale")));
        Path state = Path.of(options.text("state", "bench/scale/.rankwright/simulated"));
        var registry = new Registry(state.resolve("registry"));
        Version live = registry.live().orElseThrow(() -> new IllegalArgumentException("no live version in " + state));
        Path index;
        try (Stream<Path> folders = Files.list(state.resolve("index"))) {
            index = folders.filter(folder -> folder.getFileName()
                            .toString()
                            .startsWith(requireNonNull(live.artefacts().get("towers"))))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no index in " + state));
        }
        EventLog log = EventLog.open(state.resolve("log"), application);
        try (Engine engine = Engine.start(
                        application,
                        log,
                        Slots.EMBEDDED,
                        registry,
                        live,
                        state,
                        true,
                        new SimpleMeterRegistry(),
                        Clock.systemUTC(),
                        Progress.SILENT);
                var direct = new Direct(index, registry, live, application)) {
            List<String> subjects = subjects(log, application);
            float[][] vectors = vectors(engine, log, application, registry, live, subjects);
            try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
                // The server's requests are on virtual threads too.
                Workers.result(callers.submit(() -> {
                    compare(engine, direct, subjects, application, vectors, options);
                    return null;
                }));
            }
            direct.together();
            int callers = options.number("callers", Runtime.getRuntime().availableProcessors());
            peak(engine, subjects, application, callers, 2 * options.number("requests", REQUESTS));
        }
    }

    /** Both in turn, one request at a time. */
    private static void compare(
            Engine engine,
            Direct direct,
            List<String> subjects,
            FeedApplication application,
            float[][] vectors,
            Options options)
            throws IOException, OrtException {
        int warmUp = options.number("warm-up", WARM_UP);
        int requests = options.number("requests", REQUESTS);
        var random = new SplittableRandom(options.number("seed", 1));
        for (int i = 0; i < warmUp; i++) {
            engine.feed(request(subjects, application, random));
            direct.ask(vectors[random.nextInt(vectors.length)]);
            direct.scoreRewritten();
        }
        direct.searching.reset();
        direct.scoring.reset();
        direct.rewritten.reset();
        var ofEngine = new Histogram(3);
        var ofDirect = new Histogram(3);
        var stages = new LinkedHashMap<String, Double>();
        long allocated = 0;
        long ranked = 0;
        for (int i = 0; i < requests; i++) {
            FeedRequest request = request(subjects, application, random);
            long before = allocated();
            long start = System.nanoTime();
            FeedAnswer answer = engine.feed(request);
            ofEngine.recordValue(System.nanoTime() - start);
            allocated += allocated() - before;
            answer.timings().forEach((stage, millis) -> stages.merge(stage, millis, Double::sum));
            start = System.nanoTime();
            direct.ask(vectors[random.nextInt(vectors.length)]);
            ofDirect.recordValue(System.nanoTime() - start);
            direct.scoreRewritten();
            ranked += answer.ranked();
        }
        System.out.printf("%,d requests, one caller%n%-10s %8s %8s %8s%n", requests, "ms", "mean", "p50", "p99");
        print("engine", ofEngine);
        print("direct", ofDirect);
        print("  search", direct.searching);
        print("  network", direct.scoring);
        print("  rewritten", direct.rewritten);
        System.out.printf("engine beside direct %.2f%n", ofEngine.getMean() / ofDirect.getMean());
        System.out.printf(
                "engine beside direct with the network as the engine rewrites it for one history %.2f%n",
                ofEngine.getMean() / (ofDirect.getMean() - direct.scoring.getMean() + direct.rewritten.getMean()));
        System.out.printf("candidates ranked %.1f%n", (double) ranked / requests);
        System.out.printf("allocated a request %,d KiB%n", allocated / requests / 1024);
        stages.forEach((stage, sum) -> System.out.printf("  %-10s %6.2f ms%n", stage, sum / requests));
    }

    /** What the tower makes of some subjects: what the engine asks the index for. */
    private static float[][] vectors(
            Engine engine,
            EventLog log,
            FeedApplication application,
            Registry registry,
            Version live,
            List<String> subjects) {
        String subject = application.framing().subject();
        String item = application.framing().item();
        Dictionary.Domain subjectIds = log.dictionary().domain(Dictionary.idsOf(subject));
        Dictionary.Domain itemIds = log.dictionary().domain(Dictionary.idsOf(item));
        try (TwoTower towers =
                TwoTower.of(registry.model(requireNonNull(live.artefacts().get("towers"))))) {
            TwoTower.Bound bound = towers.bind(log, subject, item, encoder -> {
                throw new IllegalArgumentException("towers over texts by " + encoder);
            });
            return new SplittableRandom(5)
                    .ints(VECTORS, 0, subjects.size())
                    .mapToObj(subjects::get)
                    .map(id -> {
                        var sequences = new HashMap<String, int[]>();
                        engine.history(id)
                                .forEach((name, items) -> sequences.put(
                                        name,
                                        items.reversed().stream()
                                                .mapToInt(itemIds::code)
                                                .toArray()));
                        return bound.subject(subjectIds.code(id), sequences);
                    })
                    .toArray(float[][]::new);
        }
    }

    private static void peak(
            Engine engine, List<String> subjects, FeedApplication application, int callers, int requests)
            throws InterruptedException {
        var left = new AtomicLong(requests);
        var times = new ConcurrentHistogram(3);
        var threads = new ArrayList<Thread>();
        long start = System.nanoTime();
        for (int c = 0; c < callers; c++) {
            var random = new SplittableRandom(c);
            threads.add(Thread.ofVirtual().start(() -> {
                while (left.getAndDecrement() > 0) {
                    long asked = System.nanoTime();
                    engine.feed(request(subjects, application, random));
                    times.recordValue(System.nanoTime() - asked);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.printf("%d callers: %.0f answers/s%n", callers, requests / ((System.nanoTime() - start) / 1e9));
        print("engine", times);
    }

    static FeedRequest request(List<String> subjects, FeedApplication application, SplittableRandom random) {
        return FeedRequest.of(
                subjects.get(random.nextInt(subjects.size())),
                application.serving().slots());
    }

    static List<String> subjects(EventLog log, FeedApplication application) {
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        return IntStream.range(1, ids.size()).mapToObj(ids::text).toList();
    }

    static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getTotalThreadAllocatedBytes();
    }

    private static void print(String what, Histogram times) {
        System.out.printf(
                "%-10s %8.2f %8.2f %8.2f%n",
                what,
                times.getMean() / 1e6,
                times.getValueAtPercentile(50) / 1e6,
                times.getValueAtPercentile(99) / 1e6);
    }

    /** Lucene's nearest neighbours, then ONNX Runtime's scores, then the best of them. */
    private static final class Direct implements AutoCloseable {
        private final DirectoryReader reader;
        private final IndexSearcher searcher;
        private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
        private final OrtSession session;
        /** The network in the form that the engine has for candidates of one subject. */
        private final OrtSession ofCandidates;

        private final int neighbours;
        private final int candidates;
        private final int slots;
        private final Histogram searching = new Histogram(3);
        private final Histogram scoring = new Histogram(3);
        private final Histogram rewritten = new Histogram(3);
        private final Map<String, float[]> inputs = new HashMap<>();
        private final Map<String, long[]> shapes = new HashMap<>();

        Direct(Path index, Registry registry, Version live, FeedApplication application)
                throws IOException, OrtException {
            this.reader = DirectoryReader.open(FSDirectory.open(index));
            this.searcher = new IndexSearcher(reader);
            Model model = application.model();
            this.slots = application.serving().slots();
            this.neighbours =
                    2 * model.twoTower().map(Model.TwoTower::candidates).orElse(0);
            this.candidates = model.rank().candidates();
            var settings = new OrtSession.SessionOptions();
            settings.setIntraOpNumThreads(1);
            Artefact ranker = registry.model(requireNonNull(live.artefacts().get("ranker")));
            this.session = environment.createSession(ranker.part("network.onnx"), settings);
            this.ofCandidates = environment.createSession(
                    ranker.part(ranker.has("candidates.onnx") ? "candidates.onnx" : "network.onnx"), settings);
            var random = new SplittableRandom(3);
            for (var input : session.getInputInfo().entrySet()) {
                long[] shape =
                        ((TensorInfo) input.getValue().getInfo()).getShape().clone();
                // Rows of candidates; what is of the subject is given once.
                shape[0] = input.getKey().equals("x") ? candidates : 1;
                float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
                for (int i = 0; i < values.length; i++) {
                    values[i] = random.nextFloat();
                }
                inputs.put(input.getKey(), values);
                shapes.put(input.getKey(), shape);
            }
        }

        /**
         * Whether the candidates of two requests are scored faster in one run than in two: as they are, each row with the
         * history of its own subject, and as they would be if the two had but one history.
         */
        void together() throws OrtException {
            var alone = new Histogram(3);
            var shared = new Histogram(3);
            var joined = new Histogram(3);
            for (int i = 0; i < 2 * TOGETHER; i++) {
                if (i == TOGETHER) {
                    List.of(alone, shared, joined).forEach(Histogram::reset);
                }
                timed(1, 1, alone);
                timed(2, 1, shared);
                timed(2, 2 * candidates, joined);
            }
            System.out.printf(
                    "rows of two requests in one run beside two runs: %.2f with a history for each row, %.2f with one for all%n",
                    joined.getMean() / (2 * alone.getMean()), shared.getMean() / (2 * alone.getMean()));
        }

        /** Scores the candidates of so many requests at once. */
        private void timed(int requests, int histories, Histogram times) throws OrtException {
            Map<String, OnnxTensor> tensors = tensors(requests, histories);
            long start = System.nanoTime();
            session.run(tensors).close();
            times.recordValue(System.nanoTime() - start);
            tensors.values().forEach(OnnxTensor::close);
        }

        private Map<String, OnnxTensor> tensors(int requests, int histories) throws OrtException {
            var tensors = new HashMap<String, OnnxTensor>();
            for (var input : inputs.entrySet()) {
                long[] shape = requireNonNull(shapes.get(input.getKey())).clone();
                shape[0] *= input.getKey().equals("x") ? requests : histories;
                float[] own = input.getValue();
                int size = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
                // Those of one request are not copied: the loop is timed.
                float[] values = size == own.length ? own : Arrays.copyOf(own, size);
                for (int at = own.length; at < values.length; at += own.length) {
                    System.arraycopy(own, 0, values, at, own.length);
                }
                tensors.put(input.getKey(), OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape));
            }
            return tensors;
        }

        int[] ask(float[] vector) throws IOException, OrtException {
            long start = System.nanoTime();
            var found = searcher.search(new KnnFloatVectorQuery(VECTOR, vector, neighbours), neighbours);
            searching.recordValue(System.nanoTime() - start);
            float[][] scores = score(session, scoring);
            return IntStream.range(0, Math.min(candidates, found.scoreDocs.length))
                    .boxed()
                    .sorted((a, b) -> Float.compare(scores[b][0], scores[a][0]))
                    .limit(slots)
                    .mapToInt(row -> found.scoreDocs[row].doc)
                    .toArray();
        }

        /** What the scores take by the other form of the network, which is no part of the loop. */
        void scoreRewritten() throws OrtException {
            score(ofCandidates, rewritten);
        }

        private float[][] score(OrtSession network, Histogram times) throws OrtException {
            long start = System.nanoTime();
            Map<String, OnnxTensor> tensors = tensors(1, 1);
            float[][] scores;
            try (var result = network.run(tensors)) {
                scores = (float[][]) result.get(0).getValue();
            }
            tensors.values().forEach(OnnxTensor::close);
            times.recordValue(System.nanoTime() - start);
            return scores;
        }

        @Override
        public void close() throws IOException, OrtException {
            session.close();
            ofCandidates.close();
            reader.close();
        }
    }
}

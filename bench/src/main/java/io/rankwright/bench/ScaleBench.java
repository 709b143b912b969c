package io.rankwright.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.LiveEngine;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.RegistryPlace;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.registry.Registry;
import io.rankwright.serving.Engine;
import io.rankwright.spec.FeedApplication;
import io.rankwright.training.Snapshot;
import io.rankwright.training.TrainingRun;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * How latency and memory grow with the catalogue and with the candidates that are ranked: an application is simulated with so
 * many items, trained and indexed where it is not yet, and asked in this process, one caller, for answers of ever more
 * candidates.
 */
final class ScaleBench {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;
    private static final int EDGE = 56;

    private ScaleBench() {}

    /** What was measured of one catalogue and one number of candidates; times in ms. */
    private record Point(String items, int candidates, double mean, double p50, double p99, long kibibytes) {}

    /**
     * Runs with {@code --app FOLDER --home FOLDER --items 10k,100k,1M --candidates 1,10,100 --requests N --plot FILE.svg}.
     */
    static void run(Options options) throws IOException {
        Path app = Path.of(options.text("app", "bench/scale"));
        Path homes = Path.of(options.text("home", "bench/scale/.rankwright/by-size"));
        int requests = options.number("requests", 1_000);
        var points = new ArrayList<Point>();
        for (String items : options.text("items", "10k,100k,1M").split(",")) {
            Path home = homes.resolve(items);
            FeedApplication whole = FeedApplication.read(app, Map.of("data.simulate.videos", items));
            Path state = prepared(whole, home);
            for (String text :
                    options.text("candidates", "1,10,100,500,1000,2000").split(",")) {
                int candidates = Integer.parseInt(text);
                FeedApplication application = FeedApplication.read(app, with(whole, items, candidates));
                points.add(asked(application, items, home, state, requests));
            }
        }
        String plot = options.text("plot", "");
        if (!plot.isEmpty()) {
            Files.writeString(Path.of(plot), svg(points));
        }
    }

    private static Path prepared(FeedApplication application, Path folder) {
        try (Home home = Home.take(folder)) {
            var choice = new Pipeline.DataChoice(
                    Optional.empty(), true, Optional.empty(), false, Snapshot::write, RegistryPlace.LOCAL);
            Pipeline pipeline =
                    Pipeline.of(application, home, choice, TrainingRun.of(Pipeline.SEED), Reporter.onErrorStream());
            Path state = pipeline.state();
            if (new Registry(state.resolve("registry")).live().isEmpty()) {
                pipeline.run().log().close();
            }
            return state;
        }
    }

    /** As many of each source as the application asks for, for so many in all. */
    private static Map<String, String> with(FeedApplication application, String items, int candidates) {
        double share = (double) candidates / application.model().rank().candidates();
        var overrides = new TreeMap<String, String>();
        overrides.put("data.simulate.videos", items);
        overrides.put("model.rank.candidates", Integer.toString(candidates));
        application
                .model()
                .retrieve()
                .forEach(source -> overrides.put(
                        "model.retrieve." + source.name() + ".candidates",
                        Long.toString(Math.max(1, Math.round(share * source.candidates())))));
        return overrides;
    }

    private static Point asked(FeedApplication application, String items, Path home, Path state, int requests)
            throws IOException {
        int candidates = application.model().rank().candidates();
        long begun = System.nanoTime();
        try (LiveEngine live = LiveEngine.open(
                application,
                new Registry(state.resolve("registry")),
                home,
                state,
                new SimpleMeterRegistry(),
                Reporter.onErrorStream())) {
            double started = (System.nanoTime() - begun) / 1e9;
            Engine engine = live.engine();
            List<String> subjects = CascadeBench.subjects(engine.log(), application);
            var random = new SplittableRandom(candidates);
            for (int i = 0; i < requests; i++) {
                engine.feed(CascadeBench.request(subjects, application, random));
            }
            var times = new Histogram(3);
            long before = CascadeBench.allocated();
            for (int i = 0; i < requests; i++) {
                long start = System.nanoTime();
                engine.feed(CascadeBench.request(subjects, application, random));
                times.recordValue(System.nanoTime() - start);
            }
            var point = new Point(
                    items,
                    candidates,
                    times.getMean() / 1e6,
                    times.getValueAtPercentile(50) / 1e6,
                    times.getValueAtPercentile(99) / 1e6,
                    (CascadeBench.allocated() - before) / requests / 1024);
            System.gc();
            System.out.printf(
                    Locale.ROOT,
                    "%5s items %5d candidates  mean %6.2f  p50 %6.2f  p99 %6.2f ms  %,6d KiB  heap %,6d MB  index %,5d MB"
                            + "  started in %.1f s%n",
                    items,
                    candidates,
                    point.mean(),
                    point.p50(),
                    point.p99(),
                    point.kibibytes(),
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20,
                    bytes(state.resolve("index")) >> 20,
                    started);
            return point;
        }
    }

    private static long bytes(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            long sum = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sum += Files.size(file);
            }
            return sum;
        }
    }

    /** The median and the 99th percentile by candidates, a pair of lines for each catalogue; both axes logarithmic. */
    private static String svg(List<Point> points) {
        double most = points.stream().mapToDouble(Point::p99).max().orElse(1);
        double least = points.stream().mapToDouble(Point::p50).min().orElse(0.1);
        int widest = points.stream().mapToInt(Point::candidates).max().orElse(1);
        var svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n",
                WIDTH,
                HEIGHT));
        for (double ms = Math.pow(10, Math.floor(Math.log10(least))); ms <= most; ms *= 10) {
            for (int times : new int[] {1, 2, 5}) {
                if (ms * times >= least && ms * times <= most) {
                    double y = y(ms * times, least, most);
                    svg.append(String.format(
                            Locale.ROOT,
                            "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>"
                                    + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#555\">%s ms</text>%n",
                            EDGE,
                            WIDTH - EDGE,
                            y,
                            y,
                            EDGE - 6,
                            y + 4,
                            new BigDecimal(ms * times).round(new MathContext(1)).toPlainString()));
                }
            }
        }
        points.stream()
                .mapToInt(Point::candidates)
                .distinct()
                .forEach(candidates -> svg.append(String.format(
                        Locale.ROOT,
                        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#555\">%,d</text>%n",
                        x(candidates, widest),
                        HEIGHT - EDGE + 18,
                        candidates)));
        svg.append(String.format(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">candidates ranked (line: median, dashes: 99th percentile)</text>%n",
                WIDTH / 2, HEIGHT - 14));
        List<String> colours = List.of("#1f6feb", "#d9822b", "#2e8540", "#8a3ffc");
        List<String> catalogues = points.stream().map(Point::items).distinct().toList();
        for (int c = 0; c < catalogues.size(); c++) {
            String items = catalogues.get(c);
            String colour = colours.get(c % colours.size());
            List<Point> own =
                    points.stream().filter(point -> point.items().equals(items)).toList();
            svg.append(line(
                    own.stream().map(p -> at(p, p.p50(), least, most, widest)).toList(), colour, ""));
            svg.append(line(
                    own.stream().map(p -> at(p, p.p99(), least, most, widest)).toList(),
                    colour,
                    " stroke-dasharray=\"4 4\""));
            svg.append(String.format(
                    "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s items</text>%n", EDGE + 12, 28 + 18 * c, colour, items));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String line(List<String> points, String colour, String dashes) {
        return String.format(
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s points=\"%s\"/>%n",
                colour, dashes, String.join(" ", points));
    }

    private static String at(Point point, double millis, double least, double most, int widest) {
        return String.format(Locale.ROOT, "%.1f,%.1f", x(point.candidates(), widest), y(millis, least, most));
    }

    private static double x(int candidates, int widest) {
        return EDGE + (WIDTH - 2 * EDGE) * Math.log(candidates) / Math.max(Math.log(widest), 1e-9);
    }

    private static double y(double millis, double least, double most) {
        return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * Math.log(millis / least) / Math.max(Math.log(most / least), 1e-9);
    }
}

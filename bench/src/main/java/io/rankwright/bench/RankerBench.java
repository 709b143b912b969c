package io.rankwright.bench;

import static java.util.Objects.requireNonNull;

import io.rankwright.models.Ranker;
import io.rankwright.models.RankerInputs.Layout;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/**
 * How long one thread takes to score the 500 candidates of a request with each member of a live ranker: the trees and the
 * network take turns in one run, on rows drawn at random, all of one subject.
 */
final class RankerBench {
    private static final int CANDIDATES = 500;
    private static final int WARM_UP = 200;
    private static final int ROUNDS = 1_000;

    private RankerBench() {}

    /** @param home where a run keeps its state, such as {@code apps/video-feed/.rankwright/real} */
    static void run(Path home) {
        var registry = new Registry(home.resolve("registry"));
        Version live = registry.live().orElseThrow(() -> new IllegalArgumentException("no live version in " + home));
        String hash = requireNonNull(live.artefacts().get("ranker"));
        try (Ranker ranker = Ranker.of(registry.model(hash))) {
            float[] rows = rows(ranker);
            System.out.printf(
                    "%d candidates, %d inputs a row, one thread%n%-10s %10s %10s %10s%n",
                    CANDIDATES, ranker.width(), "", "p50, ms", "p99, ms", "max, ms");
            var members = ranker.manifest().members();
            var times = members.stream().map(_ -> new Histogram(3)).toList();
            for (int round = 0; round < WARM_UP + ROUNDS; round++) {
                for (int m = 0; m < members.size(); m++) {
                    long start = System.nanoTime();
                    ranker.raw(rows, CANDIDATES, members.get(m));
                    if (round >= WARM_UP) {
                        times.get(m).recordValue(System.nanoTime() - start);
                    }
                }
            }
            for (int m = 0; m < members.size(); m++) {
                System.out.printf(
                        "%-10s %10.2f %10.2f %10.2f%n",
                        members.get(m).name().toLowerCase(Locale.ROOT),
                        times.get(m).getValueAtPercentile(50) / 1e6,
                        times.get(m).getValueAtPercentile(99) / 1e6,
                        times.get(m).getMaxValue() / 1e6);
            }
        }
    }

    private static float[] rows(Ranker ranker) {
        var random = new SplittableRandom(7);
        Layout layout = ranker.inputs().layout();
        float[] rows = new float[CANDIDATES * layout.width()];
        for (int i = 0; i < CANDIDATES; i++) {
            int start = i * layout.width();
            for (int c = 0; c < layout.columns(); c++) {
                boolean isCategory =
                        c < layout.features().size() && layout.categories().get(c);
                rows[start + c] = isCategory
                        ? random.nextInt(
                                1,
                                Math.max(
                                        2,
                                        ranker.inputs()
                                                .vocabulary(layout.features().get(c))
                                                .size()))
                        : (float) random.nextDouble();
            }
            if (layout.hasIds()) {
                int items = ranker.inputs().vocabulary(layout.item()).size();
                rows[start + layout.subjectPlace()] = 1;
                rows[start + layout.subjectPlace() + 1] = random.nextInt(1, items);
                for (int place = layout.sequencePlace(0); place < layout.width(); place++) {
                    rows[start + place] = i == 0 ? random.nextInt(1, items) : rows[place];
                }
            }
        }
        return rows;
    }
}

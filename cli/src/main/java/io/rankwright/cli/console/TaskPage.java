package io.rankwright.cli.console;

import io.rankwright.cli.pipeline.SevenSteps;
import io.rankwright.cli.pipeline.SevenSteps.Fact;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.SourceRows;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The seven steps of a search or a score on one page, with its versions and what was refused. Stateless. */
final class TaskPage {
    private static final int SHOWN = 200;

    private TaskPage() {}

    /** A version, in words. */
    public record Row(String name, String stage, String made, String data, long seed, String gates) {}

    /**
     * @param more facts of a server, by the number of the step
     * @param pictures by what they show
     */
    static Map<String, Object> values(
            Application application,
            Registry registry,
            Version version,
            Map<Integer, List<Fact>> more,
            List<Fact> pictures,
            Counts counts,
            List<SourceRows.Quarantined> quarantined) {
        var values = new HashMap<String, Object>();
        values.put("objective", application.requirements().objective());
        values.put("steps", SevenSteps.with(SevenSteps.of(application), more));
        values.put("figures", Pages.figures(version, application));
        values.put("baselines", application.evaluation().baselines());
        values.put("gates", version.gates());
        values.put("pictures", pictures);
        values.put(
                "versions",
                registry.versions().reversed().stream().map(TaskPage::row).toList());
        values.put(
                "counts",
                String.format(
                        Locale.ROOT,
                        "%,d read = %,d accepted + %,d duplicates + %,d quarantined",
                        counts.read(),
                        counts.accepted(),
                        counts.duplicates(),
                        counts.quarantined()));
        values.put("quarantined", quarantined.stream().limit(SHOWN).toList());
        return values;
    }

    private static Row row(Version version) {
        long passed = version.gates().stream().filter(gate -> gate.hasPassed()).count();
        return new Row(
                version.name(),
                version.stage().name().toLowerCase(Locale.ROOT),
                version.createdAt().substring(0, 16).replace('T', ' '),
                version.lineage().data(),
                version.lineage().seed(),
                passed + " of " + version.gates().size() + " passed");
    }
}

package io.rankwright.cli.console;

import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.SourceRows;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import io.rankwright.spec.Units;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The seven steps of a search or a score on one page, with its versions and what was refused. Stateless. */
final class TaskPage {
    private static final int SHOWN = 200;

    private TaskPage() {}

    /** Something known of a step. */
    public record Fact(String name, String value) {}

    /** One of the seven steps; the sixth is wide, for its figures. */
    public record Step(int number, String name, List<Fact> facts) {
        public boolean isWide() {
            return number == 6;
        }
    }

    /** A version, in words. */
    public record Row(String name, String stage, String made, String data, long seed, String gates) {}

    /**
     * @param later the facts of the steps from the second on
     * @param pictures by what they show
     */
    static Map<String, Object> values(
            Application application,
            Registry registry,
            Version version,
            List<List<Fact>> later,
            List<Fact> pictures,
            Counts counts,
            List<SourceRows.Quarantined> quarantined) {
        var requirements = application.requirements();
        var steps = new ArrayList<Step>();
        steps.add(new Step(
                1,
                "Requirements",
                List.of(
                        new Fact("Objective", requirements.objective()),
                        new Fact(
                                "Designed towards",
                                Units.text(requirements.subjects()) + " users, " + Units.text(requirements.items())
                                        + " items"),
                        new Fact(
                                "99 of 100 answers within",
                                requirements.latencyP99().map(Units::text).orElse("not stated")))));
        List<String> names = List.of("Framing", "Data", "Features", "Model", "Evaluation", "Serving");
        for (int s = 0; s < names.size(); s++) {
            steps.add(new Step(s + 2, names.get(s), later.get(s)));
        }
        var values = new HashMap<String, Object>();
        values.put("objective", requirements.objective());
        values.put("steps", steps);
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

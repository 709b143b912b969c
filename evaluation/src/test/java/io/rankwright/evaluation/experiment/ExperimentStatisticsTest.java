package io.rankwright.evaluation.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.evaluation.experiment.Comparison.Settings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Golden values: NumPy 2.4 and SciPy 1.17 (`stats.chisquare`, `norm`, `binomtest`), the formulas of the papers written out there. */
class ExperimentStatisticsTest {
    private static final double[][] CONTROL = {
        {3, 5, 2, 4}, {1, 3, 1, 3}, {4, 5, 3, 6}, {1, 8, 1, 7}, {5, 9, 4, 8}, {9, 9, 7, 8}, {2, 4, 2, 4}, {6, 7, 5, 6}
    };
    private static final double[][] TREATED = {
        {5, 9, 3, 7},
        {3, 4, 2, 4},
        {5, 6, 3, 6},
        {8, 9, 5, 8},
        {9, 10, 6, 9},
        {7, 8, 5, 8},
        {9, 11, 6, 9},
        {3, 5, 2, 5},
        {2, 6, 2, 6}
    };

    private static Outcomes outcomes(double[][] units, boolean isKnownBefore) {
        var outcomes = new Outcomes();
        for (double[] unit : units) {
            if (isKnownBefore) {
                outcomes.add(unit[0], unit[1], unit[2], unit[3]);
            } else {
                outcomes.add(unit[0], unit[1]);
            }
        }
        return outcomes;
    }

    @Test
    void aRatioIsComparedByTheDeltaMethod() {
        Comparison compared = Comparison.of(outcomes(CONTROL, false), outcomes(TREATED, false), Settings.USUAL);

        assertThat(compared.control()).isCloseTo(0.62, within(1e-12));
        assertThat(compared.difference()).isCloseTo(0.13, within(1e-12));
        assertThat(compared.standardError()).isCloseTo(0.136082747663203, within(1e-12));
        assertThat(compared.fixed().low()).isCloseTo(-0.13671728433712999, within(1e-9));
        assertThat(compared.fixed().high()).isCloseTo(0.3967172843371302, within(1e-9));
        assertThat(compared.pValue()).isCloseTo(0.33942544594516766, within(1e-9));
        assertThat(compared.always().high()).isCloseTo(0.13 + 21.238907832439182 * 0.136082747663203, within(1e-9));
        assertThat(compared.relative().value()).isCloseTo(0.20967741935483888, within(1e-12));
        assertThat(compared.relative().high())
                .isCloseTo(0.20967741935483888 + 21.238907832439182 * 0.256807851768549, within(1e-9));
        assertThat(compared.varianceCut()).isZero();
    }

    @Test
    void whatWasThereBeforeIsTakenOff() {
        Comparison compared = Comparison.of(outcomes(CONTROL, true), outcomes(TREATED, true), Settings.USUAL);

        assertThat(compared.difference()).isCloseTo(0.12409619700619358, within(1e-12));
        assertThat(compared.standardError()).isCloseTo(0.0399712095082799, within(1e-12));
        assertThat(compared.varianceCut()).isCloseTo(0.9137243100984389, within(1e-12));
    }

    @Test
    void outcomesOfManyThreadsAreMerged() {
        Outcomes whole = outcomes(TREATED, true);
        var merged = new Outcomes();
        merged.merge(new Outcomes());
        merged.merge(outcomes(new double[][] {TREATED[0], TREATED[1], TREATED[2]}, true));
        merged.merge(outcomes(List.of(TREATED).subList(3, 9).toArray(double[][]::new), true));

        assertThat(merged.count()).isEqualTo(9);
        assertThat(merged.value()).isCloseTo(whole.value(), within(1e-12));
        assertThat(merged.variance()).isCloseTo(whole.variance(), within(1e-12));
        assertThat(merged.covarianceWithBefore()).isCloseTo(whole.covarianceWithBefore(), within(1e-12));
    }

    @Test
    void anIntervalThatAlwaysHoldsIsAsWideAsPublished() {
        assertThat(Comparison.alwaysValid(17, Settings.USUAL)).isCloseTo(21.238907832439182, within(1e-9));
        assertThat(Comparison.alwaysValid(10_000, Settings.USUAL)).isCloseTo(3.0352089903762534, within(1e-9));
    }

    @Test
    void aBrokenSplitIsFound() {
        assertThat(SampleRatio.pValue(new long[] {5100, 4900}, new double[] {0.5, 0.5}))
                .isCloseTo(0.04550026389635857, within(1e-9));
        assertThat(SampleRatio.pValue(new long[] {300, 480, 220}, new double[] {1, 2, 1}))
                .isCloseTo(0.0007465858083766791, within(1e-9));
        assertThat(SampleRatio.pValue(new long[] {0, 0}, new double[] {1, 1})).isEqualTo(1);
        assertThatThrownBy(() -> SampleRatio.pValue(new long[] {1, 1}, new double[] {1, 0}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void powerTellsUnitsAndEffects() {
        assertThat(Power.detectable(2.5, 1000, 2000, 0.05, 0.8)).isCloseTo(0.27126232231831, within(1e-9));
        assertThat(Power.units(2.5, 0.1, 0.05, 0.8)).isEqualTo(9812);
    }

    /** The vectors of docs/experiments.md, by Python's hashlib. */
    @Test
    void assignmentIsThatOfThePublishedVectors() {
        assertThat(Assignment.place("layer-1", "user-1")).isEqualTo(0.6676841680779956);
        assertThat(Assignment.place("layer-1", "user-2")).isEqualTo(0.830801993058982);
        assertThat(Assignment.place("ranker", "42")).isEqualTo(0.7881044468850696);
        assertThat(Assignment.place("", "")).isEqualTo(0.5405098615468771);
    }

    @Test
    void twoRankingsAreDrafted_inTurns_andEachItemOnce() {
        List<String> first = List.of("a", "b", "c", "d");
        List<String> second = List.of("b", "e", "a", "f");
        for (long seed = 0; seed < 100; seed++) {
            List<TeamDraft.Pick<String>> picks = TeamDraft.draft(first, second, 4, seed);

            assertThat(picks).extracting(TeamDraft.Pick::item).doesNotHaveDuplicates();
            assertThat(picks)
                    .filteredOn(pick -> pick.team() == TeamDraft.Team.FIRST)
                    .hasSize(2);
            assertThat(picks.subList(0, 2)).extracting(TeamDraft.Pick::team).doesNotHaveDuplicates();
            assertThat(TeamDraft.draft(first, second, 4, seed)).isEqualTo(picks);
        }
        assertThat(TeamDraft.draft(first, List.of("a"), 9, 1))
                .extracting(TeamDraft.Pick::item)
                .containsExactlyInAnyOrder("a", "b", "c", "d");
        assertThat(TeamDraft.pValue(37, 63)).isCloseTo(0.012032975725363479, within(1e-12));
        assertThat(TeamDraft.pValue(0, 0)).isEqualTo(1);
    }

    private static Comparison comparison(double shift) {
        var control = new Outcomes();
        var treated = new Outcomes();
        for (int i = 0; i < 20_000; i++) {
            control.add(10 + i % 7, 1);
            treated.add(10 + i % 7 + shift, 1);
        }
        return Comparison.of(control, treated, Settings.USUAL);
    }

    @Test
    void aVerdictSaysWhatFollows() {
        assertThat(Verdict.of(1e-9, comparison(1), false, Map.of()).decision()).isEqualTo(Verdict.Decision.BLOCKED);
        assertThat(Verdict.of(0.4, comparison(1), false, Map.of()))
                .satisfies(verdict -> assertThat(verdict.decision()).isEqualTo(Verdict.Decision.BETTER))
                .satisfies(verdict -> assertThat(verdict.words()).startsWith("better: +7."));
        assertThat(Verdict.of(0.4, comparison(1), true, Map.of()).decision()).isEqualTo(Verdict.Decision.WORSE);
        assertThat(Verdict.of(0.4, comparison(0.001), false, Map.of()).decision())
                .isEqualTo(Verdict.Decision.OPEN);
        var slower = new Verdict.Guardrail(comparison(2), true, 0.05);
        assertThat(Verdict.of(0.4, comparison(1), false, Map.of("latency", slower)))
                .satisfies(verdict -> assertThat(verdict.decision()).isEqualTo(Verdict.Decision.HARMFUL))
                .satisfies(verdict -> assertThat(verdict.words()).contains("latency"));
        var control = new Outcomes();
        var treated = new Outcomes();
        for (int i = 0; i < 5000; i++) {
            control.add(0, 1);
            treated.add(i % 10 == 0 ? 1 : 0, 1);
        }
        var fromNothing = new Verdict.Guardrail(Comparison.of(control, treated, Settings.USUAL), true, 0.05);
        assertThat(fromNothing.isHurt()).isTrue();
        var tolerated = new Verdict.Guardrail(comparison(0.1), true, 0.05);
        assertThat(Verdict.of(0.4, comparison(1), false, Map.of("latency", tolerated))
                        .decision())
                .isEqualTo(Verdict.Decision.BETTER);
    }
}

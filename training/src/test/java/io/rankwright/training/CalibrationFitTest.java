package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.models.Calibration;
import io.rankwright.spec.Model.Calibrate;
import org.junit.jupiter.api.Test;

/** The golden values are those of SciPy 1.17 ({@code minimize}) and NumPy 2.4 ({@code polyfit}) on the same numbers. */
class CalibrationFitTest {
    private static final double[] SCORES = {-2, -1.5, -1, -0.5, 0, 0.2, 0.7, 1, 1.4, 2.5};
    private static final double[] OUTCOMES = {0, 0, 1, 0, 0, 1, 0, 1, 1, 1};

    @Test
    void plattFindsTheSlopeAndTheShiftOfLeastLogLoss() {
        var fitted = (Calibration.Logistic) CalibrationFit.fit(Calibrate.PLATT, SCORES, OUTCOMES, true);

        assertThat(fitted.slope()).isCloseTo(1.17774228, within(1e-6));
        assertThat(fitted.shift()).isCloseTo(-0.07832839, within(1e-6));
    }

    @Test
    void temperatureFindsTheSlopeAlone() {
        var fitted = (Calibration.Logistic) CalibrationFit.fit(Calibrate.TEMPERATURE, SCORES, OUTCOMES, true);

        assertThat(fitted.slope()).isCloseTo(1.17420459, within(1e-6));
        assertThat(fitted.shift()).isZero();
    }

    @Test
    void amountsAreFittedByALine() {
        var line = (Calibration.Linear) CalibrationFit.fit(Calibrate.PLATT, SCORES, OUTCOMES, false);
        var throughZero = (Calibration.Linear) CalibrationFit.fit(Calibrate.TEMPERATURE, SCORES, OUTCOMES, false);

        assertThat(line.slope()).isCloseTo(0.21541686, within(1e-7));
        assertThat(line.shift()).isCloseTo(0.48276665, within(1e-7));
        assertThat(throughZero.slope()).isCloseTo(0.23781903, within(1e-7));
    }

    @Test
    void noneLeavesWhatIsThere() {
        assertThat(CalibrationFit.fit(Calibrate.NONE, SCORES, OUTCOMES, true).apply(0))
                .isEqualTo(0.5);
        assertThat(CalibrationFit.fit(Calibrate.NONE, SCORES, OUTCOMES, false).apply(3))
                .isEqualTo(3);
    }
}

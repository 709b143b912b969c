package io.rankwright.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpressionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 + 2 * 3 | 7",
                "(1 + 2) * 3 | 9",
                "-2 - -3 | 1",
                "8 / 2 / 2 | 2",
                "1 < 2 and not 2 < 1 | 1",
                "1 > 2 or 0 | 0",
                "3 in [1, 2, 3] | 1",
                "x in [1, 2] | 0",
                "min(x, 4) + max(x, 4) | 11",
                "log1p(expm1(x)) | 7",
                "bucket(x, 1, 5, 10) | 2",
                "bucket(0.5, 1, 5, 10) | 0",
                "default(missing, 3) | 3",
                "floor(7.9) | 7"
            })
    void aFormulaHasTheValueOfArithmetic(String formula, double expected) throws Expression.Fault {
        double value = Expression.parse(formula).evaluate(name -> name.equals("x") ? 7 : Double.NaN);

        assertThat(value).isCloseTo(expected, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"missing > 1", "missing < 1", "missing == missing", "missing and 1", "not (missing or 1)"})
    void aMissingNumberIsNeverTrue(String formula) throws Expression.Fault {
        assertThat(Expression.parse(formula).evaluate(_ -> Double.NaN)).isZero();
    }

    @Test
    void aTextIsComparedAsText() throws Expression.Fault {
        Function<String, Expression.Operand<Map<String, String>>> operands =
                name -> new Expression.Operand.Textual<>(row -> row.getOrDefault(name, ""));
        var formula = Expression.parse("tag == \"39\" or author in ['a', 'b']").compile(operands);

        assertThat(formula.applyAsDouble(Map.of("tag", "39"))).isEqualTo(1);
        assertThat(formula.applyAsDouble(Map.of("tag", "3", "author", "b"))).isEqualTo(1);
        assertThat(formula.applyAsDouble(Map.of("tag", "3"))).isZero();
        assertThatThrownBy(() -> Expression.parse("tag + 1").compile(operands))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 + | 4",
                "log2(x) | 1",
                "(1 | 3",
                "a $ b | 3",
                "min(1) | 1",
                "1 2 | 3",
                "\"open | 1",
                "x in 3 | 6"
            })
    void aFaultTellsItsColumn(String formula, int column) {
        var fault = catchThrowableOfType(Expression.Fault.class, () -> Expression.parse(formula));

        assertThat(fault.column()).isEqualTo(column);
        assertThat(fault.expected()).isNotBlank();
    }

    @Test
    void aFormulaNestedWithoutEndIsRefused() {
        assertThatThrownBy(() -> Expression.parse("(".repeat(100_000))).isInstanceOf(Expression.Fault.class);
    }
}

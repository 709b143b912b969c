package io.rankwright.features;

import io.rankwright.log.Dictionary;
import io.rankwright.log.Event;
import io.rankwright.log.EventSchema;
import io.rankwright.spec.Expression;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Formulas over exposures: names are the event's columns and the labels of the application. Immutable. */
public final class Formulas {
    private final FeedApplication application;
    private final EventSchema schema;
    private final Dictionary dictionary;

    public Formulas(FeedApplication application, EventSchema schema, Dictionary dictionary) {
        this.application = application;
        this.schema = schema;
        this.dictionary = dictionary;
    }

    /** A formula as a function of an event; the functions are stateless. */
    public ToDoubleFunction<Event> compile(Expression formula) {
        return formula.compile(this::operand);
    }

    /** The value of a label: 1 or 0, or a number; NaN where the label it is given does not hold. */
    public ToDoubleFunction<Event> label(Framing.Label label) {
        ToDoubleFunction<Event> value = compile(label.formula());
        if (label.given().isEmpty()) {
            return value;
        }
        ToDoubleFunction<Event> given =
                label(application.framing().label(label.given().get()));
        return event -> given.applyAsDouble(event) != 0 ? value.applyAsDouble(event) : Double.NaN;
    }

    /** The value of a numeric label whatever the label it is given says. */
    public ToDoubleFunction<Event> unconditional(Framing.Label label) {
        return compile(label.formula());
    }

    private Expression.Operand<Event> operand(String name) {
        for (Framing.Label label : application.framing().labels()) {
            if (label.name().equals(name)) {
                return new Expression.Operand.Numeric<>(label(label));
            }
        }
        String prefix = schema.type() + ".";
        String column = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        Optional<Integer> code = schema.codeIndex(column);
        if (code.isPresent()) {
            int place = code.get();
            Dictionary.Domain domain = dictionary.domain(schema.domain(column));
            return new Expression.Operand.Textual<>(event -> domain.text(event.codes()[place]));
        }
        int place = schema.number(column);
        return new Expression.Operand.Numeric<>(event -> event.numbers()[place]);
    }
}

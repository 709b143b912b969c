package io.rankwright.features;

import io.rankwright.log.Event;
import java.util.Arrays;

/**
 * Who, what, when and in which context: the moment for which features are asked, or at which an event happened.
 * Mutable and reused, one thread at a time.
 */
public final class Situation {
    int subject;
    int item;
    long timeMillis;
    final double[] context;

    Situation(int contextColumns) {
        this.context = new double[contextColumns];
    }

    /**
     * Describes a moment.
     *
     * @param subject the code of the subject, 0 if it is unknown
     * @param item the code of the item, 0 if it is unknown
     * @param context the values of the context columns in the order of {@link FeatureState#contextColumns()}
     */
    public void set(int subject, int item, long timeMillis, double[] context) {
        this.subject = subject;
        this.item = item;
        this.timeMillis = timeMillis;
        System.arraycopy(context, 0, this.context, 0, this.context.length);
    }

    void set(Event event, ExposureLayout layout) {
        subject = event.codes()[layout.subject()];
        item = event.codes()[layout.item()];
        timeMillis = event.timeMillis();
        for (int i = 0; i < context.length; i++) {
            context[i] = layout.context(event, i);
        }
    }

    @Override
    public String toString() {
        return subject + " x " + item + " at " + timeMillis + " in " + Arrays.toString(context);
    }
}

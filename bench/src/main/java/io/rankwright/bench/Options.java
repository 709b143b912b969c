package io.rankwright.bench;

import java.util.HashMap;
import java.util.Map;

/** The options of a benchmark: {@code --name value}. Immutable. */
record Options(Map<String, String> values) {
    Options {
        values = Map.copyOf(values);
    }

    /** Reads those behind the benchmark's name. */
    static Options of(String[] arguments) {
        var values = new HashMap<String, String>();
        for (int i = 1; i + 1 < arguments.length; i += 2) {
            if (!arguments[i].startsWith("--")) {
                throw new IllegalArgumentException("'" + arguments[i] + "'; expected --name value");
            }
            values.put(arguments[i].substring(2), arguments[i + 1]);
        }
        return new Options(values);
    }

    String text(String name, String usual) {
        return values.getOrDefault(name, usual);
    }

    int number(String name, int usual) {
        return Integer.parseInt(text(name, Integer.toString(usual)));
    }

    double share(String name, double usual) {
        return Double.parseDouble(text(name, Double.toString(usual)));
    }
}

package io.rankwright.cli.pipeline;

import io.rankwright.spec.UserFault;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The settings that a search tries, by their path in the application file: alternatives ({@code 2|3|4}) or a range ({@code
 * 0.001..0.01}), from which values are drawn evenly on a logarithmic scale if it spans a factor of ten. Immutable.
 *
 * @param choices for each path what it may be
 */
public record SearchSpace(Map<String, Choice> choices) {
    /** What one setting may be. */
    public sealed interface Choice {
        String draw(SplittableRandom random);
    }

    /** One of some texts. */
    public record OneOf(List<String> texts) implements Choice {
        @Override
        public String draw(SplittableRandom random) {
            return texts.get(random.nextInt(texts.size()));
        }
    }

    /** A number between two, both included. */
    public record Between(double low, double high, boolean isWhole) implements Choice {
        @Override
        public String draw(SplittableRandom random) {
            double share = random.nextDouble();
            boolean isLogarithmic = low > 0 && high / low >= 10;
            double value = isLogarithmic ? low * Math.pow(high / low, share) : low + (high - low) * share;
            return isWhole ? Long.toString(Math.round(value)) : String.format(Locale.ROOT, "%.3g", value);
        }
    }

    /**
     * Reads {@code PATH=CHOICES} texts.
     *
     * @throws UserFault if one is malformed
     */
    public static SearchSpace parse(List<String> texts) {
        var choices = new LinkedHashMap<String, Choice>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            String path = equals < 0 ? text : text.substring(0, equals).strip();
            String values = equals < 0 ? "" : text.substring(equals + 1).strip();
            if (!path.startsWith("model.rank.") || values.isEmpty()) {
                throw new UserFault(
                        "--try " + text + "; expected model.rank.SETTING=A|B|C or model.rank.SETTING=LOW..HIGH");
            }
            choices.put(path, choice(text, values));
        }
        if (choices.isEmpty()) {
            throw new UserFault("nothing to try; expected --try model.rank.SETTING=A|B|C at least once");
        }
        return new SearchSpace(choices);
    }

    private static Choice choice(String text, String values) {
        int dots = values.indexOf("..");
        if (dots < 0) {
            return new OneOf(
                    List.of(values.split("\\|")).stream().map(String::strip).toList());
        }
        String low = values.substring(0, dots);
        String high = values.substring(dots + 2);
        try {
            var between = new Between(
                    Double.parseDouble(low), Double.parseDouble(high), low.matches("-?\\d+") && high.matches("-?\\d+"));
            if (between.low() < between.high()) {
                return between;
            }
        } catch (NumberFormatException e) {
            throw new UserFault("--try " + text + ": '" + values + "' is no range; expected LOW..HIGH");
        }
        throw new UserFault("--try " + text + ": a range that is empty; expected LOW..HIGH");
    }

    /** Some settings: all there are if they are no more than asked for, else drawn, no two the same. */
    List<Map<String, String>> settings(int count, long seed) {
        List<Map<String, String>> all = List.of(Map.of());
        for (var choice : choices.entrySet()) {
            if (!(choice.getValue() instanceof OneOf oneOf) || all.size() > count) {
                return drawn(count, seed);
            }
            var longer = new ArrayList<Map<String, String>>();
            for (Map<String, String> before : all) {
                for (String text : oneOf.texts()) {
                    var next = new LinkedHashMap<>(before);
                    next.put(choice.getKey(), text);
                    longer.add(next);
                }
            }
            all = longer;
        }
        return all.size() <= count ? all : drawn(count, seed);
    }

    private List<Map<String, String>> drawn(int count, long seed) {
        var random = new SplittableRandom(seed);
        var drawn = new ArrayList<Map<String, String>>();
        for (int attempt = 0; drawn.size() < count && attempt < 100 * count; attempt++) {
            var next = new LinkedHashMap<String, String>();
            choices.forEach((path, choice) -> next.put(path, choice.draw(random)));
            if (!drawn.contains(next)) {
                drawn.add(next);
            }
        }
        return drawn;
    }
}

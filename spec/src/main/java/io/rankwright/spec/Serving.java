package io.rankwright.spec;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Step 7: deployment and monitoring. Immutable.
 *
 * @param slots how many items an answer has unless the request says otherwise
 * @param budget the deadline of each stage: retrieve, rank, rerank
 * @param fallback what answers when a stage fails, in order
 * @param editorial the items of the last rung, which an editor has chosen
 * @param concurrency how many requests are answered at once at most
 * @param monitor limits by name
 * @param card the item's columns that the console shows
 * @param actions what a person can do with an item in the console: for each action the columns of the exposure that it
 *     posts, as formulas over the item's columns
 */
public record Serving(
        int slots,
        Map<String, Duration> budget,
        List<String> fallback,
        List<String> editorial,
        int concurrency,
        Map<String, String> monitor,
        List<String> card,
        Map<String, Map<String, Expression>> actions) {
    public Serving {
        fallback = List.copyOf(fallback);
        editorial = List.copyOf(editorial);
        card = List.copyOf(card);
    }
}

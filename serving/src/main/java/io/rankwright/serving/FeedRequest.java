package io.rankwright.serving;

import io.rankwright.spec.Expression;
import io.rankwright.spec.Model;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a feed is asked for. Immutable.
 *
 * @param subject the id of the subject; unknown ones get an answer too
 * @param slots how many items
 * @param filter a condition over the item's columns
 * @param exclude ids that must not come
 * @param context columns of the exposure by name
 * @param rules re-rank rules of this request, applied before those of the application
 * @param seed what exploration draws from; from the request's id if left out
 * @param explained whether each slot says what moved its scores
 */
public record FeedRequest(
        String subject,
        int slots,
        Optional<Expression> filter,
        Set<String> exclude,
        Map<String, String> context,
        List<Model.RerankRule> rules,
        OptionalLong seed,
        boolean explained) {
    /** The greatest number of slots that one answer has. */
    public static final int MOST_SLOTS = 200;

    public FeedRequest {
        if (slots < 1 || slots > MOST_SLOTS) {
            throw new BadRequest("slots is " + slots, "a whole number from 1 to " + MOST_SLOTS);
        }
        exclude = Set.copyOf(exclude);
        context = Map.copyOf(context);
        rules = List.copyOf(rules);
    }

    /** A plain request for a subject. */
    public static FeedRequest of(String subject, int slots) {
        return new FeedRequest(
                subject, slots, Optional.empty(), Set.of(), Map.of(), List.of(), OptionalLong.empty(), false);
    }
}

package io.rankwright.serving;

import static io.rankwright.serving.Exchange.UNPROCESSABLE;
import static io.rankwright.serving.Exchange.body;
import static io.rankwright.serving.Exchange.fail;
import static io.rankwright.serving.Exchange.path;
import static io.rankwright.serving.Exchange.refuseUnknown;
import static io.rankwright.serving.Exchange.send;
import static io.rankwright.serving.Exchange.texts;

import com.fasterxml.jackson.databind.JsonNode;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.rankwright.log.Images;
import io.rankwright.retrieval.text.Searches;
import io.rankwright.serving.search.SearchEngine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The routes of a search. Any number of threads. */
final class SearchRoutes implements Routes {
    private static final List<Route.Query> KNOWN = List.of(
            new Route.Query("q", "what is asked: words, or image:HASH of an item"),
            new Route.Query("from", "how many of the list to leave out, from 0"),
            new Route.Query("size", "how many items, 1 to " + SearchEngine.MOST_RESULTS),
            new Route.Query("explain", "true: say what moved the scores"));

    private final SearchEngine engine;
    private final String item;

    SearchRoutes(SearchEngine engine) {
        this.engine = engine;
        this.item = engine.application().framing().item();
    }

    @Override
    public List<Route> routes() {
        Stream<Route.Query> filters = engine.filters().stream()
                .map(name -> new Route.Query(name, "values with | between them, or a range such as 100..200"));
        String one = "/v1/" + item + "s/{id}";
        var routes = new ArrayList<Route>(List.of(
                Route.get(
                                "/v1/search",
                                Permission.READ,
                                "The " + item + "s that answer a query",
                                Stream.concat(KNOWN.stream(), filters).toList(),
                                this::getSearch)
                        .byModels(),
                Route.post(
                                "/v1/search",
                                Permission.READ,
                                "The same, asked by a body",
                                "{\"query\": TEXT or \"image\": DATA URI, \"from\": N, \"size\": N, \"filters\": {NAME: TEXT}, \"explain\": BOOLEAN}",
                                this::postSearch)
                        .byModels(),
                Route.post(
                        "/v1/events",
                        Permission.WRITE,
                        "Takes a click, or {\"events\": [...]}; each counts once",
                        "{\"answer\": ID, \"item\": ID}",
                        this::postEvents),
                Route.get(one, Permission.READ, "What is known of a " + item, List.of(), this::getItem),
                new Route(
                        Method.PUT,
                        one,
                        Permission.WRITE,
                        "Puts a " + item + " in the place of what was known; the next search finds it",
                        List.of(),
                        "its columns by name",
                        Route.Load.WRITE,
                        this::putItem),
                new Route(
                        Method.DELETE,
                        one,
                        Permission.WRITE,
                        "Takes a " + item + " out",
                        List.of(),
                        "",
                        Route.Load.WRITE,
                        this::deleteItem),
                Route.get(
                        "/v1/version",
                        Permission.READ,
                        "The version that serves",
                        List.of(),
                        (_, response) -> send(response, Status.OK_200, engine.version()))));
        if (Images.areIn(engine.application().data().items().contract())) {
            routes.add(ImageRoute.of(engine.images(), Permission.READ));
        }
        return routes;
    }

    private void getSearch(ServerRequest request, ServerResponse response) {
        var query = request.query();
        var filters = new ArrayList<Searches.Filter>();
        for (String name : query.names()) {
            if (engine.filters().contains(name)) {
                filters.add(engine.filter(name, query.get(name)));
            } else if (KNOWN.stream().noneMatch(known -> known.name().equals(name))) {
                throw new BadRequest(
                        "the query parameter '" + name + "'",
                        "one of q, from, size, explain, " + String.join(", ", engine.filters()));
            }
        }
        send(
                response,
                Status.OK_200,
                engine.search(asked(
                        query.first("q").orElse(""),
                        query.first("from").orElse(""),
                        query.first("size").orElse(""),
                        filters,
                        query.first("explain").map(Boolean::parseBoolean).orElse(false))));
    }

    private void postSearch(ServerRequest request, ServerResponse response) throws IOException {
        JsonNode body = body(request);
        refuseUnknown(body, Set.of("query", "image", "from", "size", "filters", "explain"));
        if (body.has("image")
                && (body.has("query") || !Images.isImage(body.path("image").asText("")))) {
            throw new BadRequest(
                    body.has("query") ? "both words and an image" : "an image that is none",
                    "either \"query\", or \"image\" as data:image/png;base64,… or as image:HASH of an " + item);
        }
        var filters = new ArrayList<Searches.Filter>();
        for (Map.Entry<String, String> filter : texts(body.path("filters")).entrySet()) {
            if (!engine.filters().contains(filter.getKey())) {
                throw new BadRequest(
                        "the filter '" + filter.getKey() + "'", "one of " + String.join(", ", engine.filters()));
            }
            filters.add(engine.filter(filter.getKey(), filter.getValue()));
        }
        send(
                response,
                Status.OK_200,
                engine.search(asked(
                        body.path(body.has("image") ? "image" : "query").asText(""),
                        body.path("from").asText(""),
                        body.path("size").asText(""),
                        filters,
                        body.path("explain").asBoolean(false))));
    }

    private SearchEngine.Request asked(
            String query, String from, String size, List<Searches.Filter> filters, boolean isExplained) {
        return new SearchEngine.Request(
                query,
                number("from", from, 0),
                number("size", size, engine.application().serving().size()),
                filters,
                isExplained);
    }

    private static int number(String name, String text, int otherwise) {
        try {
            return text.isBlank() ? otherwise : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new BadRequest(name + " is '" + text + "'", "a whole number");
        }
    }

    private void postEvents(ServerRequest request, ServerResponse response) throws IOException {
        JsonNode body = body(request);
        var events = new ArrayList<JsonNode>();
        if (body.has("events")) {
            refuseUnknown(body, Set.of("events"));
            body.path("events").forEach(events::add);
        } else {
            events.add(body);
        }
        int accepted = 0;
        var rejected = new ArrayList<Map<String, Object>>();
        for (int e = 0; e < events.size(); e++) {
            try {
                refuseUnknown(events.get(e), Set.of("answer", "item"));
                accepted += engine.click(
                                events.get(e).path("answer").asText(""),
                                events.get(e).path("item").asText(""))
                        ? 1
                        : 0;
            } catch (BadRequest refused) {
                rejected.add(Map.of("index", e, "reason", String.valueOf(refused.getMessage())));
            }
        }
        boolean isNothingRight = !events.isEmpty() && rejected.size() == events.size();
        send(
                response,
                isNothingRight ? UNPROCESSABLE : Status.ACCEPTED_202,
                Map.of(
                        "accepted",
                        accepted,
                        "duplicates",
                        events.size() - accepted - rejected.size(),
                        "rejected",
                        rejected));
    }

    private void getItem(ServerRequest request, ServerResponse response) {
        engine.item(path(request, "id"))
                .ifPresentOrElse(row -> send(response, Status.OK_200, row), () -> unknown(request, response));
    }

    private void putItem(ServerRequest request, ServerResponse response) throws IOException {
        String id = path(request, "id");
        Optional<String> refused = engine.put(id, texts(body(request)));
        if (refused.isPresent()) {
            fail(response, UNPROCESSABLE, refused.get());
        } else {
            send(response, Status.OK_200, engine.item(id).orElse(Map.of()));
        }
    }

    private void deleteItem(ServerRequest request, ServerResponse response) {
        if (engine.delete(path(request, "id"))) {
            send(response, Status.OK_200, Map.of("deleted", path(request, "id")));
        } else {
            unknown(request, response);
        }
    }

    private void unknown(ServerRequest request, ServerResponse response) {
        fail(response, Status.NOT_FOUND_404, "no " + item + " '" + path(request, "id") + "' is known");
    }
}

package io.rankwright.serving;

import static io.rankwright.serving.Exchange.UNPROCESSABLE;
import static io.rankwright.serving.Exchange.body;
import static io.rankwright.serving.Exchange.fail;
import static io.rankwright.serving.Exchange.path;
import static io.rankwright.serving.Exchange.refuseUnknown;
import static io.rankwright.serving.Exchange.send;
import static io.rankwright.serving.Exchange.texts;

import com.fasterxml.jackson.databind.JsonNode;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.rankwright.log.EventLog;
import io.rankwright.log.Images;
import io.rankwright.spec.Expression;
import io.rankwright.spec.Model.RerankRule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The routes of a feed. Any number of threads. */
final class FeedRoutes implements Routes {
    /** Says that the events of the body are those of a simulated audience. */
    private static final HeaderName SIMULATED = HeaderNames.create("X-Simulated");

    private static final Route.Query SLOTS = new Route.Query("slots", "how many items, 1 to " + FeedRequest.MOST_SLOTS);
    private static final List<Route.Query> FEED = List.of(
            SLOTS,
            new Route.Query("filter", "a condition over the columns of the items"),
            new Route.Query("exclude", "ids that must not come, separated by commas"),
            new Route.Query("explain", "true: say what moved the scores"),
            new Route.Query("seed", "what exploration draws from"));

    private final Engine engine;
    private final String subject;
    private final String item;

    FeedRoutes(Engine engine) {
        this.engine = engine;
        this.subject = engine.application().framing().subject();
        this.item = engine.application().framing().item();
    }

    private Stream<Route.Query> context() {
        return engine.contextColumns().stream()
                .map(column ->
                        new Route.Query(column, "where the request comes from; the usual one if it is not given"));
    }

    @Override
    public List<Route> routes() {
        var routes = new ArrayList<Route>();
        routes.add(Route.get(
                        "/v1/feed/{subject}",
                        Permission.READ,
                        "The feed of a " + subject,
                        Stream.concat(FEED.stream(), context()).toList(),
                        this::getFeed)
                .byModels());
        routes.add(Route.post(
                        "/v1/feed",
                        Permission.READ,
                        "The feed of a " + subject + ", with context and rules",
                        "{\"" + subject
                                + "\": ID, \"slots\": N, \"filter\": TEXT, \"exclude\": [ID], \"context\": {NAME: VALUE},"
                                + " \"rules\": [RULE], \"seed\": N, \"explain\": BOOLEAN}",
                        this::postFeed)
                .byModels());
        routes.add(Route.post(
                "/v1/events",
                Permission.WRITE,
                "Takes one event or {\"events\": [...]}; each counts once, by its id",
                "an event by column, or {\"events\": [EVENT]}",
                this::postEvents));
        boolean hasImages = engine.application().data().entities().values().stream()
                .anyMatch(source -> Images.areIn(source.contract()));
        if (hasImages) {
            routes.add(ImageRoute.of(engine.log().images(), Permission.READ));
        }
        for (String entity : new TreeSet<>(Set.of(item, subject))) {
            String base = "/v1/" + entity + "s/{id}";
            routes.add(Route.get(
                    base,
                    Permission.READ,
                    "What is known of a " + entity,
                    List.of(),
                    (request, response) -> getEntity(entity, request, response)));
            routes.add(new Route(
                    Method.PUT,
                    base,
                    Permission.WRITE,
                    "Puts a " + entity + " in the place of what was known",
                    List.of(),
                    "its columns by name",
                    Route.Load.WRITE,
                    (request, response) -> putEntity(entity, request, response)));
            routes.add(new Route(
                    Method.DELETE,
                    base,
                    Permission.WRITE,
                    "Forgets a " + entity,
                    List.of(),
                    "",
                    Route.Load.WRITE,
                    (request, response) -> deleteEntity(entity, request, response)));
            routes.add(Route.post(
                    base + "/hide",
                    Permission.WRITE,
                    "Hides a " + entity + " from every answer, or shows it again",
                    "{\"hidden\": BOOLEAN}",
                    (request, response) -> hideEntity(entity, request, response)));
        }
        routes.add(Route.get(
                        "/v1/" + item + "s/{id}/similar",
                        Permission.READ,
                        "The items nearest to one in the learnt space",
                        List.of(SLOTS),
                        this::getSimilar)
                .byModels());
        routes.add(Route.get(
                        "/v1/explain/{subject}/{item}",
                        Permission.READ,
                        "Why an item scores for a " + subject + " as it does",
                        context().toList(),
                        (request, response) -> send(
                                response,
                                Status.OK_200,
                                engine.explain(
                                        path(request, "subject"),
                                        path(request, "item"),
                                        context(request.query(), List.of()))))
                .byModels());
        routes.add(Route.get(
                "/v1/version",
                Permission.READ,
                "The version that serves",
                List.of(),
                (_, response) -> send(response, Status.OK_200, engine.models().version())));
        return routes;
    }

    private void feed(ServerRequest request, ServerResponse response, FeedRequest asked) {
        FeedAnswer answer = engine.feed(asked);
        if (answer.isLate()) {
            request.context().get(Admission.Ticket.class).ifPresent(Admission.Ticket::late);
        }
        send(response, Status.OK_200, answer.sent());
    }

    private void getFeed(ServerRequest request, ServerResponse response) {
        var query = request.query();
        feed(
                request,
                response,
                new FeedRequest(
                        path(request, "subject"),
                        slots(query.first("slots").orElse("")),
                        filter(query.first("filter").orElse("")),
                        query.first("exclude")
                                .map(ids -> Set.copyOf(List.of(ids.split(","))))
                                .orElse(Set.of()),
                        context(query, FEED),
                        List.of(),
                        seed(query.first("seed").orElse("")),
                        query.first("explain").map(Boolean::parseBoolean).orElse(false)));
    }

    /** What a query gives beside what is known: the context of the request, such as {@code tab=1}. */
    private static Map<String, String> context(UriQuery query, List<Route.Query> known) {
        var context = new LinkedHashMap<String, String>();
        for (String name : query.names()) {
            if (known.stream().noneMatch(parameter -> parameter.name().equals(name))) {
                context.put(name, query.get(name));
            }
        }
        return context;
    }

    private void postFeed(ServerRequest request, ServerResponse response) throws IOException {
        JsonNode body = body(request);
        refuseUnknown(body, Set.of(subject, "slots", "filter", "exclude", "context", "rules", "seed", "explain"));
        if (!body.path(subject).isTextual() && !body.path(subject).isNumber()) {
            throw new BadRequest("no '" + subject + "'", "the id of a " + subject);
        }
        Set<String> exclude = new TreeSet<>();
        body.path("exclude").forEach(id -> exclude.add(id.asText()));
        var rules = new ArrayList<RerankRule>();
        body.path("rules").forEach(rule -> rules.add(rule(rule)));
        feed(
                request,
                response,
                new FeedRequest(
                        body.path(subject).asText(),
                        slots(body.path("slots").asText("")),
                        filter(body.path("filter").asText("")),
                        exclude,
                        texts(body.path("context")),
                        rules,
                        seed(body.path("seed").asText("")),
                        body.path("explain").asBoolean(false)));
    }

    private static RerankRule rule(JsonNode rule) {
        String kind = rule.size() == 1 ? rule.fieldNames().next() : "";
        JsonNode settings = rule.path(kind);
        return switch (kind) {
            case "boost" ->
                new RerankRule.Boost(where(settings), settings.path("factor").asDouble(1));
            case "bury" -> new RerankRule.Bury(where(settings));
            case "filter" -> new RerankRule.Filter(where(settings));
            case "pin" ->
                new RerankRule.Pin(
                        settings.path("item").asText(), settings.path("slot").asInt(0));
            default ->
                throw new BadRequest(
                        "the rule " + rule,
                        "one of {\"boost\": {where, factor}}, {\"bury\": {where}}, {\"pin\": {item, slot}}, {\"filter\": {where}}");
        };
    }

    private static Expression where(JsonNode settings) {
        return filter(settings.path("where").asText(""))
                .orElseThrow(() -> new BadRequest("a rule without 'where'", "a condition over the item's columns"));
    }

    private static Optional<Expression> filter(String text) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        if (text.length() > 2000) {
            throw new BadRequest("a condition of " + text.length() + " characters", "at most 2000");
        }
        try {
            return Optional.of(Expression.parse(text));
        } catch (Expression.Fault e) {
            throw new BadRequest(
                    e.found() + " at column " + e.column() + " of the condition '" + text + "'", e.expected());
        }
    }

    private int slots(String text) {
        if (text.isBlank()) {
            return engine.application().serving().slots();
        }
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new BadRequest("slots is '" + text + "'", "a whole number from 1 to " + FeedRequest.MOST_SLOTS);
        }
    }

    private static OptionalLong seed(String text) {
        try {
            return text.isBlank() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new BadRequest("seed is '" + text + "'", "a whole number");
        }
    }

    private void postEvents(ServerRequest request, ServerResponse response) throws IOException {
        JsonNode body = body(request);
        var posted = new ArrayList<Map<String, String>>();
        if (body.has("events")) {
            refuseUnknown(body, Set.of("events"));
            if (!body.path("events").isArray()) {
                throw new BadRequest("'events' that is no list", "a list of events");
            }
            body.path("events").forEach(event -> posted.add(texts(event)));
        } else {
            posted.add(texts(body));
        }
        if (request.headers().contains(SIMULATED)) {
            engine.markSimulatedAudience();
        }
        EventLog.Appended appended = engine.accept(posted);
        var rejected = new ArrayList<Map<String, Object>>();
        int reason = 0;
        for (int i = 0; i < posted.size(); i++) {
            if (appended.outcomes().get(i) == EventLog.Outcome.QUARANTINED) {
                rejected.add(Map.of("index", i, "reason", appended.reasons().get(reason++)));
            }
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("accepted", appended.count(EventLog.Outcome.ACCEPTED));
        answer.put("duplicates", appended.count(EventLog.Outcome.DUPLICATE));
        answer.put("rejected", rejected);
        boolean isNothingRight = !posted.isEmpty() && rejected.size() == posted.size();
        send(response, isNothingRight ? UNPROCESSABLE : Status.ACCEPTED_202, answer);
    }

    private void getEntity(String entity, ServerRequest request, ServerResponse response) {
        engine.log()
                .entity(entity, path(request, "id"))
                .ifPresentOrElse(
                        texts -> send(response, Status.OK_200, texts), () -> unknown(entity, request, response));
    }

    private void putEntity(String entity, ServerRequest request, ServerResponse response) throws IOException {
        Map<String, String> fields = texts(body(request));
        List<String> columns = engine.application().data().entity(entity).contract().columns().stream()
                .map(column -> column.name())
                .toList();
        for (String name : fields.keySet()) {
            if (!columns.contains(name)) {
                throw new BadRequest("the column '" + name + "'", "one of " + String.join(", ", columns));
            }
        }
        Optional<String> refused = engine.put(entity, path(request, "id"), fields);
        if (refused.isPresent()) {
            fail(response, UNPROCESSABLE, refused.get());
        } else {
            send(
                    response,
                    Status.OK_200,
                    engine.log().entity(entity, path(request, "id")).orElse(Map.of()));
        }
    }

    private void deleteEntity(String entity, ServerRequest request, ServerResponse response) {
        if (engine.delete(entity, path(request, "id"))) {
            send(response, Status.OK_200, Map.of("deleted", path(request, "id")));
        } else {
            unknown(entity, request, response);
        }
    }

    private void hideEntity(String entity, ServerRequest request, ServerResponse response) throws IOException {
        boolean hidden = body(request).path("hidden").asBoolean(true);
        if (engine.hide(entity, path(request, "id"), hidden)) {
            send(response, Status.OK_200, Map.of("hidden", hidden));
        } else {
            unknown(entity, request, response);
        }
    }

    private void getSimilar(ServerRequest request, ServerResponse response) {
        String id = path(request, "id");
        if (engine.log().entity(item, id).isEmpty()) {
            unknown(item, request, response);
            return;
        }
        int slots = slots(request.query().first("slots").orElse(""));
        if (slots < 1 || slots > FeedRequest.MOST_SLOTS) {
            throw new BadRequest("slots is " + slots, "a whole number from 1 to " + FeedRequest.MOST_SLOTS);
        }
        send(response, Status.OK_200, Map.of("item", id, "similar", engine.similar(id, slots)));
    }

    private static void unknown(String entity, ServerRequest request, ServerResponse response) {
        fail(response, Status.NOT_FOUND_404, "no " + entity + " '" + path(request, "id") + "' is known");
    }
}

package io.rankwright.serving;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.rankwright.log.EventLog;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.Expression;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.Model.RerankRule;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP API. Every route stands in one table with the permission that it needs; a request is authorised before
 * anything of it is parsed. Any number of threads.
 */
public final class HttpApi {
    /** The largest body that is read. */
    public static final int MOST_BYTES = 4 << 20;

    private static final int MOST_WRITES = 256;
    private static final String RETRY_AFTER_SECONDS = "1";
    private static final HeaderName PRIORITY = HeaderNames.create("X-Priority");
    private static final Logger LOGGER = Logger.getLogger(HttpApi.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Status UNPROCESSABLE = Status.create(422);
    private static final Route.Query SLOTS = new Route.Query("slots", "how many items, 1 to " + FeedRequest.MOST_SLOTS);
    private static final List<Route.Query> FEED = List.of(
            SLOTS,
            new Route.Query("filter", "a condition over the columns of the items"),
            new Route.Query("exclude", "ids that must not come, separated by commas"),
            new Route.Query("explain", "true: say what moved the scores"),
            new Route.Query("seed", "what exploration draws from"));

    private final Engine engine;
    private final PrometheusMeterRegistry meters;
    private final Keys keys;
    private final String subject;
    private final String item;
    private final Admission answers;
    private final Admission writes;
    private volatile boolean isReady;

    /** @param keys the keys that open the API; without any, only requests addressed to this machine are answered */
    public HttpApi(Engine engine, PrometheusMeterRegistry meters, Keys keys) {
        this.engine = engine;
        this.meters = meters;
        this.keys = keys;
        this.answers = new Admission("answers", engine.application().serving().concurrency(), meters);
        this.writes = new Admission("writes", MOST_WRITES, meters);
        this.subject = engine.application().framing().subject();
        this.item = engine.application().framing().item();
    }

    /** Says whether the server may be sent requests. */
    public void ready(boolean ready) {
        isReady = ready;
    }

    private Stream<Route.Query> context() {
        return engine.contextColumns().stream()
                .map(column ->
                        new Route.Query(column, "where the request comes from; the usual one if it is not given"));
    }

    List<Route> routes() {
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
        routes.add(Route.get(
                "/openapi.json",
                Permission.OPEN,
                "This document",
                List.of(),
                (_, response) -> send(response, Status.OK_200, openApi())));
        routes.add(Route.get(
                "/health/live",
                Permission.OPEN,
                "Whether the process runs",
                List.of(),
                (_, response) -> send(response, Status.OK_200, Map.of("status", "up"))));
        routes.add(Route.get(
                "/health/ready",
                Permission.OPEN,
                "Whether requests may be sent",
                List.of(),
                (_, response) -> send(
                        response,
                        isReady ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503,
                        Map.of("status", isReady ? "ready" : "not ready"))));
        routes.add(Route.get("/metrics", Permission.OPEN, "Metrics for Prometheus", List.of(), (_, response) -> {
            response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
            response.send(meters.scrape());
        }));
        return routes;
    }

    /** Adds the routes to a server. */
    public void register(HttpRouting.Builder routing) {
        for (Route route : routes()) {
            routing.route(route.method(), route.path(), (request, response) -> answer(route, request, response));
        }
    }

    private void answer(Route route, ServerRequest request, ServerResponse response) {
        try {
            if (isAllowed(route.permission(), request, response)) {
                admit(route, request, response);
            }
        } catch (BadRequest e) {
            fail(response, Status.BAD_REQUEST_400, e.getMessage());
        } catch (UserFault e) {
            fail(response, Status.BAD_REQUEST_400, e.getMessage());
        } catch (TooLarge e) {
            fail(response, Status.REQUEST_ENTITY_TOO_LARGE_413, e.getMessage());
        } catch (EnvironmentFault e) {
            boolean isFull = String.valueOf(e.getMessage()).contains("disk is full");
            fail(response, isFull ? Status.create(507) : Status.SERVICE_UNAVAILABLE_503, e.getMessage());
        } catch (Exception e) {
            LOGGER.log(Level.SEVERE, "a request failed: " + route.method() + " " + route.path(), e);
            fail(response, Status.INTERNAL_SERVER_ERROR_500, "an error of the server; its log tells more");
        }
        if (route.load() != Route.Load.LIGHT) {
            count(route, response.status());
        }
    }

    private void count(Route route, Status status) {
        Counter.builder("rankwright.requests")
                .description("Requests, by what they ask for and the class of the status")
                .tag("load", route.load().name().toLowerCase(Locale.ROOT))
                .tag("status", status.equals(Status.TOO_MANY_REQUESTS_429) ? "429" : status.code() / 100 + "xx")
                .register(meters)
                .increment();
    }

    private void admit(Route route, ServerRequest request, ServerResponse response) throws Exception {
        if (route.load() == Route.Load.LIGHT) {
            route.handler().handle(request, response);
            return;
        }
        Admission admission = route.load() == Route.Load.ANSWER ? answers : writes;
        Optional<Admission.Ticket> ticket = admission.enter(priority(request));
        if (ticket.isEmpty()) {
            response.header(HeaderNames.RETRY_AFTER, RETRY_AFTER_SECONDS);
            fail(response, Status.TOO_MANY_REQUESTS_429, "more requests than can be answered in time; come again");
            return;
        }
        boolean isDone = false;
        request.context().register(ticket.get());
        try {
            route.handler().handle(request, response);
            isDone = true;
        } finally {
            if (isDone) {
                ticket.get().done();
            } else {
                ticket.get().forget();
            }
        }
    }

    private static Admission.Priority priority(ServerRequest request) {
        String text = request.headers().value(PRIORITY).orElse("live");
        return switch (text) {
            case "live" -> Admission.Priority.LIVE;
            case "batch" -> Admission.Priority.BATCH;
            default -> throw new BadRequest("the header X-Priority: " + text, "live or batch");
        };
    }

    /**
     * Without keys the server listens on loopback only, and answers only what is addressed to it by a loopback name, so
     * that no page of another site can reach it through a name of its own (DNS rebinding).
     */
    private boolean isAllowed(Permission needed, ServerRequest request, ServerResponse response) {
        if (keys.isEmpty()) {
            String host = request.authority().replaceFirst(":\\d+$", "");
            boolean isLocal = host.equals("localhost") || host.equals("127.0.0.1") || host.equals("[::1]");
            if (!isLocal) {
                fail(
                        response,
                        Status.FORBIDDEN_403,
                        "addressed to '" + host + "'; expected localhost, or a server with keys");
            }
            return isLocal;
        }
        if (needed == Permission.OPEN) {
            return true;
        }
        Optional<Permission> permission = keys.permission(
                request.headers().value(HeaderNames.AUTHORIZATION).orElse(""));
        if (permission.isEmpty()) {
            fail(response, Status.UNAUTHORIZED_401, "no valid key; expected the header Authorization: Bearer KEY");
            return false;
        }
        if (permission.get().compareTo(needed) < 0) {
            fail(
                    response,
                    Status.FORBIDDEN_403,
                    "a key that may only " + permission.get() + "; expected one that may " + needed);
            return false;
        }
        return true;
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

    private static String path(ServerRequest request, String name) {
        return request.path().pathParameters().get(name);
    }

    /** A body that is larger than is read. */
    private static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooLarge() {
            super("a body of more than " + MOST_BYTES + " bytes; expected smaller batches");
        }
    }

    private static JsonNode body(ServerRequest request) throws IOException {
        long announced = request.headers().contentLength().orElse(0);
        if (announced > MOST_BYTES) {
            throw new TooLarge();
        }
        byte[] bytes;
        try (InputStream in = request.content().inputStream()) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        }
        if (bytes.length > MOST_BYTES) {
            throw new TooLarge();
        }
        try {
            JsonNode body = JSON.readTree(bytes);
            if (body == null || !body.isObject()) {
                throw new BadRequest("a body that is no JSON object", "{...}");
            }
            return body;
        } catch (JsonProcessingException e) {
            var location = e.getLocation();
            throw new BadRequest(
                    "invalid JSON at line " + location.getLineNr() + ", column " + location.getColumnNr(),
                    "a JSON object");
        }
    }

    private static void refuseUnknown(JsonNode body, Set<String> known) {
        body.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw new BadRequest(
                        "the unknown key '" + name + "'", "one of " + String.join(", ", new TreeSet<>(known)));
            }
        });
    }

    private static Map<String, String> texts(JsonNode object) {
        var texts = new LinkedHashMap<String, String>();
        object.properties().forEach(field -> {
            JsonNode value = field.getValue();
            if (value.isArray()) {
                var members = new ArrayList<String>();
                value.forEach(member -> members.add(member.asText()));
                texts.put(field.getKey(), String.join(",", members));
            } else if (!value.isNull()) {
                texts.put(field.getKey(), value.asText());
            }
        });
        return texts;
    }

    private static void send(ServerResponse response, Status status, Object body) {
        try {
            send(response, status, JSON.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new InternalFault("an answer that cannot be written", e);
        }
    }

    private static void send(ServerResponse response, Status status, byte[] json) {
        response.status(status);
        response.header(HeaderNames.CONTENT_TYPE, "application/json");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.send(json);
    }

    private static void fail(ServerResponse response, Status status, @Nullable String message) {
        send(response, status, Map.of("error", Map.of("status", status.code(), "message", String.valueOf(message))));
    }

    /** The OpenAPI document, made from the table of routes. */
    ObjectNode openApi() {
        ObjectNode document = JSON.createObjectNode();
        document.put("openapi", "3.1.0");
        ObjectNode info = document.putObject("info");
        info.put("title", "Rankwright: " + engine.application().name()).put("version", "1");
        info.put("description", engine.application().requirements().objective());
        ObjectNode paths = document.putObject("paths");
        for (Route route : routes()) {
            ObjectNode path = paths.withObjectProperty(route.path());
            ObjectNode operation = path.putObject(route.method().text().toLowerCase(Locale.ROOT));
            operation.put("summary", route.summary());
            operation.put("x-permission", route.permission().name().toLowerCase(Locale.ROOT));
            var parameters = operation.putArray("parameters");
            Pattern.compile("\\{(\\w+)}")
                    .matcher(route.path())
                    .results()
                    .forEach(match -> parameters
                            .addObject()
                            .put("name", match.group(1))
                            .put("in", "path")
                            .put("required", true)
                            .putObject("schema")
                            .put("type", "string"));
            route.queries()
                    .forEach(query -> parameters
                            .addObject()
                            .put("name", query.name())
                            .put("in", "query")
                            .put("description", query.about())
                            .putObject("schema")
                            .put("type", "string"));
            if (!route.body().isEmpty()) {
                operation
                        .putObject("requestBody")
                        .put("description", route.body())
                        .putObject("content")
                        .putObject("application/json")
                        .putObject("schema")
                        .put("type", "object");
            }
            ObjectNode responses = operation.putObject("responses");
            responses.putObject("2XX").put("description", "the answer");
            responses.putObject("4XX").put("description", "what was wrong and what would be right");
        }
        return document;
    }
}

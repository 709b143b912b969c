package io.rankwright.serving;

import static io.rankwright.serving.Exchange.fail;
import static io.rankwright.serving.Exchange.send;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.rankwright.serving.score.ScoreEngine;
import io.rankwright.serving.search.SearchEngine;
import io.rankwright.spec.Application;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;

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

    private final Application application;
    private final Served served;
    private final Routes ofTask;
    private final PrometheusMeterRegistry meters;
    private final Keys keys;
    private final Admission answers;
    private final Admission writes;
    private final Tracing tracing = new Tracing();
    private volatile boolean isReady;

    private HttpApi(
            Application application,
            Served served,
            Routes ofTask,
            int concurrency,
            PrometheusMeterRegistry meters,
            Keys keys) {
        this.application = application;
        this.served = served;
        this.ofTask = ofTask;
        this.meters = meters;
        this.keys = keys;
        this.answers = new Admission("answers", concurrency, meters);
        this.writes = new Admission("writes", MOST_WRITES, meters);
    }

    /**
     * The API of a feed.
     *
     * @param keys the keys that open the API; without any, only requests addressed to this machine are answered
     */
    public HttpApi(Engine engine, PrometheusMeterRegistry meters, Keys keys) {
        this(
                engine.application(),
                engine,
                new FeedRoutes(engine),
                engine.application().serving().concurrency(),
                meters,
                keys);
    }

    /** The API of a search; see the one of a feed. */
    public HttpApi(SearchEngine engine, PrometheusMeterRegistry meters, Keys keys) {
        this(
                engine.application(),
                engine,
                new SearchRoutes(engine),
                engine.application().serving().concurrency(),
                meters,
                keys);
    }

    /** The API of a score; see the one of a feed. */
    public HttpApi(ScoreEngine engine, PrometheusMeterRegistry meters, Keys keys) {
        this(
                engine.application(),
                engine,
                new ScoreRoutes(engine),
                engine.application().serving().concurrency(),
                meters,
                keys);
    }

    /** Says whether the server may be sent requests. */
    public void ready(boolean ready) {
        isReady = ready;
    }

    List<Route> routes() {
        var routes = new ArrayList<>(ofTask.routes());
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
                (_, response) -> answerReady(response)));
        routes.add(Route.get("/metrics", Permission.OPEN, "Metrics for Prometheus", List.of(), (_, response) -> {
            response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
            response.send(meters.scrape());
        }));
        return routes;
    }

    private void answerReady(ServerResponse response) {
        // While it starts or stops, nobody needs to know more.
        List<Served.Missing> missing = isReady ? served.missing() : List.of();
        boolean isWhole = isReady && missing.isEmpty();
        send(
                response,
                isWhole ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503,
                Map.of("status", isWhole ? "ready" : "not ready", "missing", missing));
    }

    /** Adds the routes to a server. */
    public void register(HttpRouting.Builder routing) {
        for (Route route : routes()) {
            routing.route(route.method(), route.path(), (request, response) -> answer(route, request, response));
        }
    }

    private void answer(Route route, ServerRequest request, ServerResponse response) {
        if (route.load() == Route.Load.LIGHT) {
            answerUntraced(route, request, response);
            return;
        }
        Span span = tracing.begin(route, request);
        try (Scope _ = span.makeCurrent()) {
            answerUntraced(route, request, response);
        } finally {
            Tracing.end(span, response.status().code());
        }
    }

    private void answerUntraced(Route route, ServerRequest request, ServerResponse response) {
        try {
            if (isAllowed(route.permission(), request, response)) {
                admit(route, request, response);
            }
        } catch (BadRequest e) {
            fail(response, Status.BAD_REQUEST_400, e.getMessage());
        } catch (UserFault e) {
            fail(response, Status.BAD_REQUEST_400, e.getMessage());
        } catch (Exchange.TooLarge e) {
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

    /** The OpenAPI document, made from the table of routes. */
    ObjectNode openApi() {
        ObjectNode document = JSON.createObjectNode();
        document.put("openapi", "3.1.0");
        ObjectNode info = document.putObject("info");
        info.put("title", "Rankwright: " + application.name()).put("version", "1");
        info.put("description", application.requirements().objective());
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

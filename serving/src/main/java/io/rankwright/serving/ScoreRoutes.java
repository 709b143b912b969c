package io.rankwright.serving;

import static io.rankwright.serving.Exchange.body;
import static io.rankwright.serving.Exchange.fail;
import static io.rankwright.serving.Exchange.path;
import static io.rankwright.serving.Exchange.refuseUnknown;
import static io.rankwright.serving.Exchange.send;
import static io.rankwright.serving.Exchange.texts;

import com.fasterxml.jackson.databind.JsonNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.rankwright.log.Images;
import io.rankwright.serving.score.ScoreEngine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The routes of a score. What shows the words of a case asks for the permission to write. Any number of threads. */
final class ScoreRoutes implements Routes {
    private static final int USUAL_REVIEWS = 20;
    private static final int MOST_REVIEWS = 1000;

    private final ScoreEngine engine;
    private final String item;

    ScoreRoutes(ScoreEngine engine) {
        this.engine = engine;
        this.item = engine.application().framing().item();
    }

    @Override
    public List<Route> routes() {
        var routes = new ArrayList<Route>(List.of(
                Route.post(
                                "/v1/score",
                                Permission.READ,
                                "How likely each label of a " + item + " is, and what to do with it",
                                "a " + item + " by column, with \"id\" if it has one, or {\"cases\": [" + item + "]}",
                                this::score)
                        .byModels(),
                Route.post(
                                "/v1/explain",
                                Permission.WRITE,
                                "Why a " + item + " scores as it does, word by word",
                                "a " + item + " by column, or {\"id\": ID} of one that was acted on",
                                this::explain)
                        .byModels(),
                Route.get(
                        "/v1/reviews",
                        Permission.READ,
                        "What waits for a reviewer, the most urgent first: ids and scores",
                        List.of(new Route.Query("limit", "how many, 1 to " + MOST_REVIEWS)),
                        this::reviews),
                Route.post(
                        "/v1/verdicts",
                        Permission.WRITE,
                        "Takes what a reviewer says; the next version learns from it",
                        "{\"case\": ID, \"labels\": [LABEL], \"reviewer\": NAME}",
                        this::verdict),
                Route.post(
                        "/v1/appeals",
                        Permission.WRITE,
                        "Takes an appeal, which another reviewer sees first",
                        "{\"case\": ID, \"reason\": TEXT}",
                        this::appeal),
                Route.get(
                        "/v1/" + item + "s/{id}",
                        Permission.WRITE,
                        "The fields of a " + item + " that was acted on",
                        List.of(),
                        (request, response) -> engine.fields(path(request, "id"))
                                .ifPresentOrElse(
                                        fields -> send(response, Status.OK_200, fields),
                                        () -> unknown(request, response))),
                Route.get(
                        "/v1/" + item + "s/{id}/audit",
                        Permission.READ,
                        "Everything that was decided of a " + item + "; none of its words",
                        List.of(),
                        (request, response) ->
                                send(response, Status.OK_200, Map.of("entries", engine.audit(path(request, "id"))))),
                Route.get(
                        "/v1/version",
                        Permission.READ,
                        "The version that serves",
                        List.of(),
                        (_, response) -> send(response, Status.OK_200, engine.version()))));
        if (Images.areIn(engine.application().data().cases().contract())) {
            routes.add(ImageRoute.of(engine.images(), Permission.WRITE));
        }
        return routes;
    }

    private void score(ServerRequest request, ServerResponse response) throws IOException {
        JsonNode body = body(request);
        if (!body.has("cases")) {
            send(response, Status.OK_200, scored(body));
            return;
        }
        refuseUnknown(body, Set.of("cases"));
        if (body.path("cases").size() > ScoreEngine.MOST_CASES) {
            throw new BadRequest(body.path("cases").size() + " cases", "at most " + ScoreEngine.MOST_CASES);
        }
        var results = new ArrayList<>();
        int index = 0;
        for (JsonNode one : body.path("cases")) {
            try {
                results.add(scored(one));
            } catch (BadRequest e) {
                results.add(Map.of("index", index, "error", String.valueOf(e.getMessage())));
            }
            index++;
        }
        send(response, Status.OK_200, Map.of("results", results));
    }

    private ScoreEngine.Result scored(JsonNode one) {
        var fields = new LinkedHashMap<>(texts(one));
        String id = fields.getOrDefault("id", "");
        fields.remove("id");
        return engine.score(id, fields);
    }

    private void explain(ServerRequest request, ServerResponse response) throws IOException {
        var fields = new LinkedHashMap<>(texts(body(request)));
        String id = fields.getOrDefault("id", "");
        fields.remove("id");
        Map<String, String> of = fields.isEmpty()
                ? engine.fields(id)
                        .orElseThrow(() -> new BadRequest("the " + item + " '" + id + "'", "one that was acted on"))
                : fields;
        send(response, Status.OK_200, Map.of("labels", engine.explain(of)));
    }

    private void reviews(ServerRequest request, ServerResponse response) {
        String text = request.query().first("limit").orElse("");
        int limit;
        try {
            limit = text.isBlank() ? USUAL_REVIEWS : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new BadRequest("limit is '" + text + "'", "a whole number");
        }
        if (limit < 1 || limit > MOST_REVIEWS) {
            throw new BadRequest("limit is " + limit, "1 to " + MOST_REVIEWS);
        }
        send(
                response,
                Status.OK_200,
                Map.of("waiting", engine.queued(), "judged", engine.judged(), "cases", engine.queue(limit)));
    }

    private void verdict(ServerRequest request, ServerResponse response) throws IOException {
        JsonNode body = body(request);
        refuseUnknown(body, Set.of("case", "labels", "reviewer"));
        var labels = new ArrayList<String>();
        body.path("labels").forEach(label -> labels.add(label.asText()));
        String action = engine.verdict(
                body.path("case").asText(""), labels, body.path("reviewer").asText(""));
        send(response, Status.ACCEPTED_202, Map.of("action", action, "waiting", engine.queued()));
    }

    private void appeal(ServerRequest request, ServerResponse response) throws IOException {
        JsonNode body = body(request);
        refuseUnknown(body, Set.of("case", "reason"));
        engine.appeal(body.path("case").asText(""), body.path("reason").asText(""));
        send(response, Status.ACCEPTED_202, Map.of("waiting", engine.queued()));
    }

    private void unknown(ServerRequest request, ServerResponse response) {
        fail(response, Status.NOT_FOUND_404, "no " + item + " '" + path(request, "id") + "' was acted on");
    }
}

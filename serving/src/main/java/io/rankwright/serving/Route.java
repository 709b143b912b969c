package io.rankwright.serving;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;

/**
 * One route: what is asked for, with which permission, and who answers. The table of routes is what the server serves
 * and what the OpenAPI document is made from. Immutable.
 *
 * @param path with {@code {name}} where a part is free
 * @param queries the names of the query parameters, each with what it means
 * @param body what the body is, empty if there is none
 * @param load what it costs, and so who lets it in
 */
record Route(
        Method method,
        String path,
        Permission permission,
        String summary,
        List<Query> queries,
        String body,
        Load load,
        Handler handler) {
    /** What a request costs. */
    enum Load {
        /** Next to nothing: always let in. */
        LIGHT,
        /** Models answer. */
        ANSWER,
        /** Something is written to disk. */
        WRITE
    }

    /** Answers one request. */
    interface Handler {
        void handle(ServerRequest request, ServerResponse response) throws Exception;
    }

    /** One query parameter. */
    record Query(String name, String about) {}

    static Route get(String path, Permission permission, String summary, List<Query> queries, Handler handler) {
        return new Route(Method.GET, path, permission, summary, queries, "", Load.LIGHT, handler);
    }

    static Route post(String path, Permission permission, String summary, String body, Handler handler) {
        return new Route(Method.POST, path, permission, summary, List.of(), body, Load.WRITE, handler);
    }

    /** The same, answered by models. */
    Route byModels() {
        return new Route(method, path, permission, summary, queries, body, Load.ANSWER, handler);
    }
}

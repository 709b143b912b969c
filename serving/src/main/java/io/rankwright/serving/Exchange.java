package io.rankwright.serving;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** How the routes of all tasks read requests and write answers. Stateless. */
final class Exchange {
    static final Status UNPROCESSABLE = Status.create(422);

    private static final ObjectMapper JSON = new ObjectMapper();

    private Exchange() {}

    static String path(ServerRequest request, String name) {
        return request.path().pathParameters().get(name);
    }

    /** A body that is larger than is read. */
    static final class TooLarge extends RuntimeException {
        static final long serialVersionUID = 1L;

        TooLarge() {
            super("a body of more than " + HttpApi.MOST_BYTES + " bytes; expected smaller batches");
        }
    }

    static JsonNode body(ServerRequest request) throws IOException {
        long announced = request.headers().contentLength().orElse(0);
        if (announced > HttpApi.MOST_BYTES) {
            throw new TooLarge();
        }
        byte[] bytes;
        try (InputStream in = request.content().inputStream()) {
            bytes = in.readNBytes(HttpApi.MOST_BYTES + 1);
        }
        if (bytes.length > HttpApi.MOST_BYTES) {
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

    static void refuseUnknown(JsonNode body, Set<String> known) {
        body.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw new BadRequest(
                        "the unknown key '" + name + "'", "one of " + String.join(", ", new TreeSet<>(known)));
            }
        });
    }

    static Map<String, String> texts(JsonNode object) {
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

    static void send(ServerResponse response, Status status, Object body) {
        try {
            send(response, status, JSON.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new InternalFault("an answer that cannot be written", e);
        }
    }

    static void send(ServerResponse response, Status status, byte[] json) {
        response.status(status);
        response.header(HeaderNames.CONTENT_TYPE, "application/json");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.send(json);
    }

    static void fail(ServerResponse response, Status status, @Nullable String message) {
        send(response, status, Map.of("error", Map.of("status", status.code(), "message", String.valueOf(message))));
    }
}

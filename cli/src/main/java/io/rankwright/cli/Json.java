package io.rankwright.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.spec.InternalFault;

/** How commands print what other programs read. Stateless. */
final class Json {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a command prints. */
    enum Format {
        table,
        json
    }

    private Json() {}

    static String text(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a result that cannot be written", e);
        }
    }
}

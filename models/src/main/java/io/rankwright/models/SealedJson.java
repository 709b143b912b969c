package io.rankwright.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A record as a JSON file that people can read and whose last field is the hash of the others, so that a file in which a bit
 * has changed is found instead of believed. Thread-safe.
 */
public final class SealedJson {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final String SEAL = "seal";

    private SealedJson() {}

    /** The bytes of the file. */
    public static byte[] bytes(Object value) {
        ObjectNode fields = JSON.valueToTree(value);
        return Artefact.json(fields.put(SEAL, seal(fields)));
    }

    /**
     * Reads a file that holds such bytes.
     *
     * @throws EnvironmentFault if it cannot be read, or is not as it was written
     */
    public static <T> T read(Path file, Class<T> type) {
        try {
            return read(Files.readAllBytes(file), file.toString(), type);
        } catch (IOException e) {
            throw new EnvironmentFault(file + " cannot be read: " + e.getMessage(), false, e);
        }
    }

    /**
     * Reads such bytes.
     *
     * @param place where they lie, for people
     * @throws EnvironmentFault if they are not as they were written
     */
    public static <T> T read(byte[] sealed, String place, Class<T> type) {
        try {
            JsonNode read = JSON.readTree(sealed);
            if (read instanceof ObjectNode fields) {
                JsonNode seal = fields.remove(SEAL);
                if (seal != null && seal.asText().equals(seal(fields))) {
                    return JSON.treeToValue(fields, type);
                }
            }
        } catch (IOException e) {
            throw new EnvironmentFault(place + " cannot be read: " + e.getMessage(), false, e);
        }
        throw new EnvironmentFault(place + " is damaged: it is not as it was written; expected a whole copy", false);
    }

    private static String seal(ObjectNode fields) {
        return Artefact.hash(Artefact.json(fields));
    }
}

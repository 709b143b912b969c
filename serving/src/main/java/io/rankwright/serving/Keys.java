package io.rankwright.serving;

import io.rankwright.spec.UserFault;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The keys that open the API, each with its permission. Immutable, safe for any thread. */
public final class Keys {
    private final Map<String, Permission> keys;

    private Keys(Map<String, Permission> keys) {
        this.keys = keys;
    }

    /**
     * Reads keys as they stand in {@code $RANKWRIGHT_KEYS}: {@code read:KEY,write:KEY}.
     *
     * @throws UserFault if the text is not of that form, or a key is shorter than 16 characters
     */
    public static Keys parse(String text) {
        var keys = new LinkedHashMap<String, Permission>();
        for (String part : text.isBlank() ? new String[0] : text.split(",")) {
            int colon = part.indexOf(':');
            String permission =
                    colon < 0 ? "" : part.substring(0, colon).strip().toUpperCase(Locale.ROOT);
            String key = part.substring(colon + 1).strip();
            if (!permission.equals("READ") && !permission.equals("WRITE")) {
                throw new UserFault("a key without permission in $RANKWRIGHT_KEYS; expected read:KEY,write:KEY");
            }
            if (key.length() < 16) {
                throw new UserFault(
                        "a key of " + key.length() + " characters in $RANKWRIGHT_KEYS; expected at least 16");
            }
            keys.put(key, Permission.valueOf(permission));
        }
        return new Keys(Map.copyOf(keys));
    }

    public boolean isEmpty() {
        return keys.isEmpty();
    }

    /** The permission that an Authorization header brings; compared in constant time. */
    Optional<Permission> permission(String authorization) {
        byte[] given = authorization.replaceFirst("^Bearer ", "").getBytes(StandardCharsets.UTF_8);
        Optional<Permission> found = Optional.empty();
        for (var key : keys.entrySet()) {
            if (MessageDigest.isEqual(key.getKey().getBytes(StandardCharsets.UTF_8), given)) {
                found = Optional.of(key.getValue());
            }
        }
        return found;
    }
}

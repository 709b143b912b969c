package io.rankwright.models;

import io.rankwright.log.Dictionary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The texts that a model knows, each with its index from 1; 0 stands for all others. Immutable. */
public final class Vocabulary {
    private final List<String> texts;
    private final Map<String, Integer> indexes = new HashMap<>();

    public Vocabulary(List<String> texts) {
        this.texts = List.copyOf(texts);
        for (int i = 0; i < texts.size(); i++) {
            indexes.put(texts.get(i), i + 1);
        }
    }

    /** The index of a text, 0 if it is unknown. */
    public int index(String text) {
        return indexes.getOrDefault(text, 0);
    }

    /** The index of each code of a log, as far as it has codes now. */
    int[] indexes(Dictionary.Domain ids) {
        int[] indexes = new int[ids.size()];
        for (int i = 0; i < texts.size(); i++) {
            int code = ids.code(texts.get(i));
            // A text may have come to the log since.
            if (code > 0 && code < indexes.length) {
                indexes[code] = i + 1;
            }
        }
        return indexes;
    }

    /** One more than the greatest index. */
    public int size() {
        return texts.size() + 1;
    }

    public List<String> texts() {
        return texts;
    }

    /** One text a line; line breaks inside a text are escaped. */
    public byte[] bytes() {
        var lines = new StringBuilder();
        for (String text : texts) {
            lines.append(text.replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    public static Vocabulary of(byte[] bytes) {
        var texts = new ArrayList<String>();
        String all = new String(bytes, StandardCharsets.UTF_8);
        for (int start = 0; start < all.length(); ) {
            int end = all.indexOf('\n', start);
            texts.add(unescaped(all.substring(start, end)));
            start = end + 1;
        }
        return new Vocabulary(texts);
    }

    private static String unescaped(String line) {
        var text = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && i + 1 < line.length()) {
                char next = line.charAt(++i);
                text.append(next == 'n' ? '\n' : next);
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}

package io.rankwright.log;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.spec.Contract;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** Writes rows that the engine has made in the format and under a name that a pattern of the application matches. */
final class MadeFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private MadeFile() {}

    static void write(Path folder, String glob, Contract contract, List<Map<String, String>> rows) throws IOException {
        Path file = folder.resolve(glob.replace("*", "simulated"));
        Files.createDirectories(file.getParent());
        String name = file.getFileName().toString();
        var raw = Files.newOutputStream(file);
        try (var out = new BufferedWriter(new OutputStreamWriter(
                name.endsWith(".gz") ? new GZIPOutputStream(raw) : raw, StandardCharsets.UTF_8))) {
            if (name.contains(".jsonl") || name.contains(".ndjson")) {
                for (Map<String, String> row : rows) {
                    out.write(JSON.writeValueAsString(row));
                    out.write('\n');
                }
                return;
            }
            List<String> columns =
                    contract.sourceColumns().stream().map(Contract.Column::name).toList();
            out.write(String.join(",", columns));
            out.write('\n');
            for (Map<String, String> row : rows) {
                var fields = columns.stream()
                        .map(column -> "\"" + row.getOrDefault(column, "").replace("\"", "\"\"") + "\"")
                        .toList();
                out.write(String.join(",", fields));
                out.write('\n');
            }
        }
    }
}

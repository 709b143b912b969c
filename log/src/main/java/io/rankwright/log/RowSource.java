package io.rankwright.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.rankwright.spec.Contract;
import io.rankwright.spec.EnvironmentFault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one file, whatever its format, as texts in the order of the contract's columns. One thread at a time.
 *
 * <p>Bytes that are not UTF-8 arrive as U+FFFD, which {@link RowCheck} refuses with the row's position.
 */
sealed interface RowSource extends AutoCloseable {
    /** The next row; empty at the end. */
    Optional<Row> next();

    @Override
    void close();

    static RowSource open(Path path, List<Contract.Column> columns) {
        String name = path.getFileName().toString();
        String plain = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
        if (plain.endsWith(".csv")) {
            return new Csv(path, columns);
        }
        if (plain.endsWith(".jsonl") || plain.endsWith(".ndjson")) {
            return new Jsonl(path, columns);
        }
        if (plain.endsWith(".parquet")) {
            return new Parquet(path, columns);
        }
        throw SourceFile.fault(path, 1, "the file type of '" + name + "'", "csv, csv.gz, jsonl, jsonl.gz or parquet");
    }

    private static Reader reader(Path path) {
        try {
            InputStream raw = Files.newInputStream(path);
            InputStream bytes = path.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
            var decoder = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE);
            return new BufferedReader(new InputStreamReader(bytes, decoder), 1 << 16);
        } catch (IOException e) {
            throw new EnvironmentFault("could not read " + path + ": " + e.getMessage(), true, e);
        }
    }

    private static void requireColumns(Path path, List<Contract.Column> columns, List<String> header) {
        List<String> missing = columns.stream()
                .filter(column -> !column.isNullable())
                .map(Contract.Column::name)
                .filter(name -> !header.contains(name))
                .toList();
        if (!missing.isEmpty()) {
            String shown = header.stream().limit(30).collect(Collectors.joining(","));
            throw SourceFile.fault(path, 1, "the header '" + shown + "'", "one with " + String.join(", ", missing));
        }
    }

    /** Comma-separated values with a header (RFC 4180). */
    final class Csv implements RowSource {
        private final CloseableIterator<CsvRecord> records;
        private final int[] places;
        private final int width;
        private long position;

        Csv(Path path, List<Contract.Column> columns) {
            this.records = CsvReader.builder().ofCsvRecord(reader(path)).iterator();
            List<String> header = records.hasNext() ? records.next().getFields() : List.of();
            if (header.isEmpty() || header.equals(List.of(""))) {
                close();
                throw SourceFile.fault(path, 1, "a file without a header", "a header and rows");
            }
            List<String> names = new ArrayList<>(header);
            if (names.getFirst().startsWith("\uFEFF")) {
                names.set(0, names.getFirst().substring(1));
            }
            requireColumns(path, columns, names);
            this.width = header.size();
            this.places = columns.stream()
                    .mapToInt(column -> names.indexOf(column.name()))
                    .toArray();
        }

        @Override
        public Optional<Row> next() {
            try {
                if (!records.hasNext()) {
                    return Optional.empty();
                }
                CsvRecord fields = records.next();
                position++;
                @Nullable String[] row = new @Nullable String[places.length];
                if (fields.getFieldCount() == width) {
                    for (int i = 0; i < places.length; i++) {
                        row[i] = places[i] < 0 ? null : fields.getField(places[i]);
                    }
                }
                return Optional.of(new Row(position, row));
            } catch (CsvParseException e) {
                position++;
                return Optional.of(new Row(position, new @Nullable String[places.length]));
            }
        }

        @Override
        public void close() {
            try {
                records.close();
            } catch (IOException e) {
                throw new EnvironmentFault("could not close a file: " + e.getMessage(), true, e);
            }
        }
    }

    /** One JSON object a line. */
    final class Jsonl implements RowSource {
        private static final ObjectMapper JSON = new ObjectMapper();
        private final BufferedReader lines;
        private final Path path;
        private final List<Contract.Column> columns;
        private long position;

        Jsonl(Path path, List<Contract.Column> columns) {
            this.lines = new BufferedReader(reader(path));
            this.path = path;
            this.columns = columns;
        }

        @Override
        public Optional<Row> next() {
            try {
                String line = lines.readLine();
                if (line == null) {
                    return Optional.empty();
                }
                position++;
                @Nullable String[] row = new @Nullable String[columns.size()];
                try {
                    JsonNode object = JSON.readTree(line);
                    for (int i = 0; i < row.length; i++) {
                        JsonNode value = object.get(columns.get(i).name());
                        row[i] = value == null || value.isNull() ? null : text(value, columns.get(i));
                    }
                } catch (JsonProcessingException e) {
                    row = new @Nullable String[columns.size()];
                }
                return Optional.of(new Row(position, row));
            } catch (IOException e) {
                throw new EnvironmentFault("could not read " + path + ": " + e.getMessage(), true, e);
            }
        }

        private static String text(JsonNode value, Contract.Column column) {
            if (!value.isArray()) {
                return value.asText();
            }
            var members = new ArrayList<String>();
            value.forEach(member -> members.add(member.asText()));
            return String.join(column.separator(), members);
        }

        @Override
        public void close() {
            try {
                lines.close();
            } catch (IOException e) {
                throw new EnvironmentFault("could not close " + path + ": " + e.getMessage(), true, e);
            }
        }
    }

    /** Parquet, read by DuckDB in the order of the file. */
    final class Parquet implements RowSource {
        private final Connection connection;
        private final Statement statement;
        private final ResultSet rows;
        private final int[] places;
        private long position;

        Parquet(Path path, List<Contract.Column> columns) {
            try {
                this.connection = DriverManager.getConnection("jdbc:duckdb:");
                this.statement = connection.createStatement();
                statement.execute("SET preserve_insertion_order = true");
                this.rows = statement.executeQuery("SELECT COLUMNS(*)::VARCHAR FROM read_parquet('"
                        + path.toString().replace("'", "''") + "')");
                var header = new ArrayList<String>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    header.add(rows.getMetaData().getColumnName(i));
                }
                requireColumns(path, columns, header);
                this.places = columns.stream()
                        .mapToInt(column -> header.indexOf(column.name()) + 1)
                        .toArray();
            } catch (SQLException e) {
                throw SourceFile.fault(path, 1, "no readable Parquet file (" + e.getMessage() + ")", "a Parquet file");
            }
        }

        @Override
        public Optional<Row> next() {
            try {
                if (!rows.next()) {
                    return Optional.empty();
                }
                position++;
                @Nullable String[] row = new @Nullable String[places.length];
                for (int i = 0; i < places.length; i++) {
                    row[i] = places[i] == 0 ? null : rows.getString(places[i]);
                }
                return Optional.of(new Row(position, row));
            } catch (SQLException e) {
                throw new EnvironmentFault("could not read a Parquet file: " + e.getMessage(), false, e);
            }
        }

        @Override
        public void close() {
            try {
                statement.close();
                connection.close();
            } catch (SQLException e) {
                throw new EnvironmentFault("could not close a Parquet file: " + e.getMessage(), false, e);
            }
        }
    }
}

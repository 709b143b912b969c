package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.log.EventLog.Counts;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IngestionTest {
    private static final String HEADER = "user_id,video_id,time_ms,play_time_ms,duration_ms,tab\n";
    private static final String RIGHT = "1,10,1650812741436,6000,9000,1\n";

    @TempDir
    Path folder;

    private FeedApplication application;
    private Path sources;

    @BeforeEach
    void makeEntities() throws IOException {
        application = TestApplication.in(folder);
        sources = folder.resolve("data/kuairand");
        Files.createDirectories(sources);
        gzip("user_features_pure.csv.gz", "user_id,user_active_degree\n1,full_active\n2,\n");
        gzip(
                "video_features_basic_pure.csv.gz",
                "video_id,author_id,upload_dt,tag\n10,7,2022-04-10,\"39,40\"\n11,8,,\n");
    }

    private void gzip(String name, String text) throws IOException {
        write(name, compressed(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] compressed(byte[] bytes) throws IOException {
        var buffer = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(buffer)) {
            out.write(bytes);
        }
        return buffer.toByteArray();
    }

    private void write(String name, byte[] bytes) throws IOException {
        Files.write(sources.resolve(name), bytes);
    }

    private Ingestion.Report ingest(EventLog log) {
        return ingest(log, Progress.SILENT);
    }

    private Ingestion.Report ingest(EventLog log, Progress progress) {
        var root = new DataRoot(folder.resolve("data"), false);
        return new Ingestion(application, log, root, progress).run();
    }

    private EventLog open() {
        return EventLog.open(folder.resolve("log"), application);
    }

    private static Counts events(Ingestion.Report report) {
        return report.files().stream()
                .filter(file -> file.source().equals("watch"))
                .map(Ingestion.FileReport::counts)
                .reduce(Counts.NONE, Counts::plus);
    }

    @Test
    void whatIsReadIsAcceptedOrDuplicateOrQuarantined() throws IOException {
        gzip(
                "log_standard_1.csv.gz",
                HEADER + RIGHT + RIGHT + "1,10,1650812741436,NaN,9000,1\n2,11,1650812741437,1,,0\n");

        try (EventLog log = open()) {
            assertThat(events(ingest(log))).isEqualTo(new Counts(4, 2, 1, 1));
            assertThat(log.size()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,10,1650812741436,NaN,9000,1 | play_time_ms is 'NaN'",
                "1,10,1650812741436,-1,9000,1 | play_time_ms is '-1'",
                "1,10,1650812741436,Infinity,9000,1 | play_time_ms is 'Infinity'",
                "1,10,0,6000,9000,1 | time_ms is '0'",
                "1,10,4102444800000,6000,9000,1 | time_ms is '4102444800000'",
                "1,10,yesterday,6000,9000,1 | time_ms is 'yesterday'",
                ",10,1650812741436,6000,9000,1 | user_id is empty",
                "1,10,1650812741436 | is empty",
                "1,10\uFFFD,1650812741436,6000,9000,1 | not UTF-8"
            })
    void aRowThatBreaksTheContractIsQuarantinedWithPlaceAndReason(String row, String reason) throws IOException {
        byte[] text = (HEADER + RIGHT + row + "\n").getBytes(StandardCharsets.UTF_8);
        gzip("log_standard_1.csv.gz", new String(text, StandardCharsets.UTF_8));

        try (EventLog log = open()) {
            assertThat(events(ingest(log))).isEqualTo(new Counts(2, 1, 0, 1));
            assertThat(log.quarantined(10)).singleElement().satisfies(rejected -> {
                assertThat(rejected.source()).isEqualTo("kuairand/log_standard_1.csv.gz");
                assertThat(rejected.row()).isEqualTo(2);
                assertThat(rejected.reason()).contains(reason);
            });
        }
    }

    @Test
    void bytesThatAreNotUtf8GoToQuarantine() throws IOException {
        byte[] text = (HEADER + RIGHT + "1,1X,1650812741437,6000,9000,1\n").getBytes(StandardCharsets.UTF_8);
        text[text.length - "X,1650812741437,6000,9000,1\n".length()] = (byte) 0xFF;
        write("log_standard_1.csv.gz", compressed(text));

        try (EventLog log = open()) {
            assertThat(events(ingest(log))).isEqualTo(new Counts(2, 1, 0, 1));
        }
    }

    @Test
    void aTruncatedGzipIsRefusedWhole() throws IOException {
        byte[] whole = compressed((HEADER + RIGHT.repeat(1000)).getBytes(StandardCharsets.UTF_8));
        write("log_standard_1.csv.gz", Arrays.copyOf(whole, whole.length / 2));

        try (EventLog log = open()) {
            assertThatThrownBy(() -> ingest(log))
                    .isInstanceOf(UserFault.class)
                    .hasMessageContaining("log_standard_1.csv.gz:1")
                    .hasMessageContaining("truncated gzip");
            assertThat(log.size()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | an empty file",
                "'user_id,video_id,time,play_time_ms,tab\n' | time_ms",
                "'\n' | a file without a header"
            })
    void aFileThatIsNoneIsRefusedWithARemedy(String text, String told) throws IOException {
        write(
                "log_standard_1.csv.gz",
                text.isEmpty() ? new byte[0] : compressed(text.getBytes(StandardCharsets.UTF_8)));

        try (EventLog log = open()) {
            assertThatThrownBy(() -> ingest(log)).isInstanceOf(UserFault.class).hasMessageContaining(told);
        }
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        gzip("log_standard_1.csv.gz", HEADER + RIGHT);
        Files.delete(sources.resolve("video_features_basic_pure.csv.gz"));

        try (EventLog log = open()) {
            assertThatThrownBy(() -> ingest(log))
                    .isInstanceOf(UserFault.class)
                    .hasMessageContaining("video_features_basic_pure.csv.gz");
        }
    }

    @Test
    void aNamedFolderWithoutTheSourcesIsTheUsersFault_andNoneIsSimulated() {
        assertThatThrownBy(() ->
                        DataRoot.find(application, application.eventGlobs(), Optional.of(folder), Optional.empty()))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("log_standard_");
        assertThat(DataRoot.find(application, application.eventGlobs(), Optional.empty(), Optional.empty()))
                .isEmpty();
    }

    @Test
    void takingInAgainChangesNothing() throws IOException {
        gzip("log_standard_1.csv.gz", HEADER + RIGHT + "2,11,1650812741437,1,,0\n");
        String first;
        try (EventLog log = open()) {
            ingest(log);
            first = log.contentHash();
        }
        gzip("log_standard_2.csv.gz", HEADER + RIGHT);

        try (EventLog log = open()) {
            assertThat(events(ingest(log))).isEqualTo(new Counts(3, 2, 1, 0));
            assertThat(log.contentHash()).isEqualTo(first);
        }
    }

    /** Ten thousand videos, some of them twice and some wrong, come in parts; broken off after each part, and not at all. */
    @Test
    void entitiesThatComeInPartsAreThoseThatComeAtOnce() throws IOException {
        gzip("log_standard_1.csv.gz", HEADER + RIGHT);
        var videos = new StringBuilder("video_id,author_id,upload_dt,tag\n");
        for (int i = 0; i < 10_000; i++) {
            videos.append(i % 9_000)
                    .append(',')
                    .append(i)
                    .append(i % 100 == 99 ? ",yesterday," : ",2022-04-10,")
                    .append("3\n");
        }
        gzip("video_features_basic_pure.csv.gz", videos.toString());
        String whole;
        Counts expected = new Counts(10_000, 8_910, 990, 100);
        try (EventLog log = EventLog.open(folder.resolve("whole"), application)) {
            assertThat(ingest(log).files().stream().map(Ingestion.FileReport::counts))
                    .contains(expected);
            assertThat(log.table("video").count()).isEqualTo(8_910);
            assertThat(log.entity("video", "5").orElseThrow()).containsEntry("author_id", "9005");
            whole = log.contentHash();
        }
        Progress breaking = (_, _, unit) -> {
            if (unit.contains("video")) {
                throw new IllegalStateException("broken off");
            }
        };

        for (int part = 0; part < 3; part++) {
            try (EventLog log = open()) {
                assertThatIllegalStateException().isThrownBy(() -> ingest(log, breaking));
            }
        }

        try (EventLog log = open()) {
            assertThat(ingest(log).files().stream().map(Ingestion.FileReport::counts))
                    .contains(expected);
            assertThat(log.contentHash()).isEqualTo(whole);
        }
    }

    /** The same rows as CSV, JSON lines and Parquet give the same events. */
    @Test
    void everyFormatGivesTheSameEvents() throws IOException, SQLException {
        gzip("log_standard_1.csv.gz", HEADER + RIGHT + "2,11,1650812741437,1,,0\n");
        try (EventLog log = open()) {
            ingest(log);
        }
        var columns = new RowCheck(application.exposureContract()).columns();
        write(
                "rows.jsonl",
                ("{\"user_id\":1,\"video_id\":10,\"time_ms\":1650812741436,\"play_time_ms\":6000,\"duration_ms\":9000,\"tab\":1}\n"
                                + "{\"user_id\":\"2\",\"video_id\":\"11\",\"time_ms\":1650812741437,\"play_time_ms\":1,\"duration_ms\":null,\"tab\":\"0\"}\n")
                        .getBytes(StandardCharsets.UTF_8));
        Path parquet = sources.resolve("rows.parquet");
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute("COPY (SELECT * FROM read_csv('" + sources.resolve("log_standard_1.csv.gz") + "')) TO '"
                    + parquet + "' (FORMAT parquet)");
        }

        for (String file : new String[] {"rows.jsonl", "rows.parquet"}) {
            try (RowSource csv = RowSource.open(sources.resolve("log_standard_1.csv.gz"), columns);
                    RowSource other = RowSource.open(sources.resolve(file), columns)) {
                for (Optional<Row> row = csv.next(); row.isPresent(); row = csv.next()) {
                    Row expected = row.get();
                    assertThat(other.next()).hasValueSatisfying(found -> {
                        for (int i = 0; i < expected.fields().length; i++) {
                            String field = expected.fields()[i];
                            assertThat(found.fields()[i]).isEqualTo(field == null || field.isEmpty() ? null : field);
                        }
                    });
                }
                assertThat(other.next()).isEmpty();
            }
        }
    }
}

package io.rankwright.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.spec.Contract;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The rows of a source's files, one after the other, each held against its contract: what is right is handed on, what is
 * not is told with file, row and reason. For sources that are read whole instead of taken into a log. Stateless.
 */
public final class SourceRows {
    private static final ObjectMapper JSON = new ObjectMapper();

    private SourceRows() {}

    /** Takes one row that is right: its fields by column, those that are empty left out. */
    public interface Visitor {
        /**
         * @param row its number in its file, from 1, the header not counted
         * @return whether it was new; if not, it is counted as a duplicate
         */
        boolean take(Map<String, String> fields, long row);
    }

    /**
     * A row that broke its contract.
     *
     * @param fields what was found, as JSON
     */
    public record Quarantined(String source, String file, long row, String reason, String fields) {}

    /**
     * What came of the files.
     *
     * @param hash SHA-256 over the hashes of the files: the identity of the data
     */
    public record Report(String hash, Counts counts, List<Quarantined> quarantined) {
        public Report {
            quarantined = List.copyOf(quarantined);
        }
    }

    /**
     * Reads every file that the patterns match, in the order of the patterns and of their names. Each is read to its end
     * first, so that a truncated one is refused before a row of it is handed on.
     *
     * @param images where images are kept; rows that are handed on hold references to them
     * @throws UserFault if a pattern matches no file, or a file is empty, broken or has a wrong header
     */
    public static Report forEach(
            DataRoot root, List<String> globs, Contract contract, Images images, Visitor visitor, Progress progress) {
        Optional<Path> beneath = Optional.of(root.folder());
        List<Contract.Column> ofImages = Images.columns(contract);
        var check = new RowCheck(contract);
        MessageDigest digest = Catalog.sha256();
        var quarantined = new ArrayList<Quarantined>();
        long read = 0;
        long accepted = 0;
        long duplicates = 0;
        for (String glob : globs) {
            List<Path> matching = root.matching(glob);
            if (matching.isEmpty()) {
                throw new UserFault("no file matches " + glob + " in " + root.folder());
            }
            for (Path path : matching) {
                SourceFile file = SourceFile.checked(root.folder(), path);
                digest.update(file.hash().getBytes(UTF_8));
                try (RowSource rows = RowSource.open(path, check.columns())) {
                    for (Optional<Row> next = rows.next(); next.isPresent(); next = rows.next()) {
                        Row row = next.get();
                        read++;
                        Map<String, String> fields = check.given(row.fields());
                        Optional<String> fault =
                                check.fault(row.fields()).or(() -> images.fault(contract, fields, beneath));
                        if (fault.isPresent()) {
                            quarantined.add(new Quarantined(
                                    contract.name(), file.name(), row.position(), fault.get(), json(row)));
                            continue;
                        }
                        Map<String, String> kept = images.keep(contract, fields, beneath);
                        // A file of rows that stays the same may name images that do not.
                        ofImages.forEach(column -> digest.update(
                                kept.getOrDefault(column.name(), "").getBytes(UTF_8)));
                        if (visitor.take(kept, row.position())) {
                            accepted++;
                        } else {
                            duplicates++;
                        }
                        if (read % 1000 == 0) {
                            progress.at(read, -1, "rows of " + file.name());
                        }
                    }
                }
            }
        }
        return new Report(
                HexFormat.of().formatHex(digest.digest()),
                new Counts(read, accepted, duplicates, quarantined.size()),
                quarantined);
    }

    /**
     * Reads columns of numbers from one file.
     *
     * @return for each column its values, NaN where a field is empty
     * @throws UserFault if the file is broken, lacks a column, or a field is no number
     */
    public static double[][] numbers(Path path, List<String> columns) {
        Path whole = path.toAbsolutePath();
        SourceFile.checked(Optional.ofNullable(whole.getParent()).orElse(whole), whole);
        var values = new ArrayList<double[]>();
        try (RowSource rows =
                RowSource.open(path, columns.stream().map(SourceRows::column).toList())) {
            for (Optional<Row> next = rows.next(); next.isPresent(); next = rows.next()) {
                double[] row = new double[columns.size()];
                for (int c = 0; c < row.length; c++) {
                    String field = next.get().fields()[c];
                    try {
                        row[c] = field == null || field.isEmpty() ? Double.NaN : Double.parseDouble(field);
                    } catch (NumberFormatException e) {
                        throw SourceFile.fault(
                                path,
                                (int) next.get().position() + 1,
                                columns.get(c) + " is '" + field + "'",
                                "a number");
                    }
                }
                values.add(row);
            }
        }
        double[][] byColumn = new double[columns.size()][values.size()];
        for (int r = 0; r < values.size(); r++) {
            for (int c = 0; c < byColumn.length; c++) {
                byColumn[c][r] = values.get(r)[c];
            }
        }
        return byColumn;
    }

    private static Contract.Column column(String name) {
        return new Contract.Column(
                name,
                Contract.Type.NUMBER,
                Optional.empty(),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                false,
                "",
                false,
                Optional.empty());
    }

    /** What is wrong with fields that did not come from a file; empty if they are right. */
    public static Optional<String> fault(Contract contract, Map<String, String> fields) {
        var check = new RowCheck(contract);
        Set<String> unknown = new HashSet<>(fields.keySet());
        check.columns().forEach(column -> unknown.remove(column.name()));
        if (!unknown.isEmpty()) {
            return Optional.of("the column '"
                    + unknown.stream().sorted().findFirst().orElseThrow() + "'; expected "
                    + String.join(
                            ", ",
                            check.columns().stream().map(Contract.Column::name).toList()));
        }
        return check.fault(Catalog.fields(check, fields));
    }

    private static String json(Row row) {
        try {
            return JSON.writeValueAsString(Arrays.asList(row.fields()));
        } catch (JsonProcessingException e) {
            throw new InternalFault("a row that cannot be written", e);
        }
    }
}

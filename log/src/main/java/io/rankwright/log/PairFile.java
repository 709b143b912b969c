package io.rankwright.log;

import io.rankwright.spec.Contract;
import io.rankwright.spec.UserFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A file of pairs of ids, as benchmarks of retrieval publish them. Immutable.
 *
 * @param path where it was found
 * @param pairs the ids of each row, in the order of the columns asked for
 */
public record PairFile(Path path, List<Pair> pairs) {
    /** One row. */
    public record Pair(String left, String right) {}

    /**
     * Reads a file whole.
     *
     * @param name the file's name without its ending; csv, jsonl (both also as .gz) or parquet
     * @throws UserFault if there is none, it is broken, or a row lacks an id
     */
    public static PairFile read(Path folder, String name, String left, String right) {
        Path path = Stream.of(".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
                .map(ending -> folder.resolve(name + ending))
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(
                        () -> new UserFault("no " + name + ".csv in " + folder + "; expected a file with the columns "
                                + left + "," + right + " (csv, jsonl, also as .gz, or parquet)"));
        SourceFile.checked(folder, path);
        var pairs = new ArrayList<Pair>();
        try (RowSource rows = RowSource.open(path, List.of(column(left), column(right)))) {
            for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
                String from = row.get().fields()[0];
                String to = row.get().fields()[1];
                if (from == null || to == null || from.isEmpty() || to.isEmpty()) {
                    throw SourceFile.fault(
                            path, (int) row.get().position() + 1, "a row without " + left + " or " + right, "both");
                }
                pairs.add(new Pair(from, to));
            }
        }
        if (pairs.isEmpty()) {
            throw SourceFile.fault(path, 1, "no rows", "at least one pair");
        }
        return new PairFile(path, List.copyOf(pairs));
    }

    private static Contract.Column column(String name) {
        return new Contract.Column(
                name,
                Contract.Type.ID,
                Optional.empty(),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                false,
                "",
                false,
                Optional.empty());
    }
}

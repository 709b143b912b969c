package io.rankwright.cli.console;

import io.rankwright.log.Ingestion;
import io.rankwright.registry.Version;
import io.rankwright.serving.Engine;
import io.rankwright.spec.Contract;
import io.rankwright.spec.FeedApplication;
import io.rankwright.training.Snapshot;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The page on data: contracts, what the sources gave, quarantine, snapshots. Thread-safe. */
final class DataPage {
    private static final int SHOWN = 200;

    private final Engine engine;
    private final Ingestion.Report ingestion;
    private final Path snapshots;

    DataPage(Engine engine, Ingestion.Report ingestion, Path snapshots) {
        this.engine = engine;
        this.ingestion = ingestion;
        this.snapshots = snapshots;
    }

    /** One contract, in words. */
    public record Agreed(String name, String about, List<Column> columns) {}

    /** One column of a contract, in words. */
    public record Column(String name, String type, String range, String empty) {}

    /** One snapshot, in words. */
    public record Taken(String name, String written, String lastDay, String rows, int features, String users) {}

    Map<String, Object> values() {
        FeedApplication application = engine.application();
        var values = new HashMap<String, Object>();
        values.put("counts", ingestion.total());
        values.put("files", ingestion.files());
        values.put("rejected", engine.log().quarantined(SHOWN));
        var contracts = new ArrayList<Agreed>();
        application.data().events().forEach((name, event) -> contracts.add(agreed(event.contract())));
        application.data().entities().forEach((name, entity) -> contracts.add(agreed(entity.contract())));
        values.put("contracts", contracts);
        List<Version> versions = engine.registry().versions();
        values.put(
                "snapshots",
                Snapshot.all(snapshots).stream()
                        .map(snapshot -> taken(snapshot, versions))
                        .toList());
        return values;
    }

    private static Agreed agreed(Contract contract) {
        String about = contract.id().isEmpty()
                ? "an entity"
                : "an event, known by " + String.join(", ", contract.id())
                        + contract.time().map(time -> ", at " + time).orElse("");
        return new Agreed(
                contract.name(),
                about,
                contract.columns().stream().map(DataPage::column).toList());
    }

    private static Column column(Contract.Column column) {
        String type = column.type().name().toLowerCase(Locale.ROOT)
                + column.entity().map(entity -> " of " + entity).orElse("")
                + column.derived().map(formula -> " = " + formula).orElse("");
        String low = Double.isInfinite(column.min()) ? "" : bound(column, column.min());
        String high = Double.isInfinite(column.max()) ? "" : bound(column, column.max());
        return new Column(column.name(), type, range(low, high), column.isNullable() ? "may be empty" : "");
    }

    private static String range(String low, String high) {
        if (low.isEmpty()) {
            return high.isEmpty() ? "" : "up to " + high;
        }
        return high.isEmpty() ? "from " + low : low + " to " + high;
    }

    private static String bound(Contract.Column column, double value) {
        return switch (column.type()) {
            case TIME, DATE -> Instant.ofEpochMilli((long) value).toString().substring(0, 10);
            default -> value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
        };
    }

    private static Taken taken(Snapshot snapshot, List<Version> versions) {
        String users = versions.stream()
                .filter(version ->
                        version.lineage().snapshot().equals(snapshot.manifest().contentHash()))
                .map(version -> version.name() + (version.stage() == Version.Stage.LIVE ? " (live)" : ""))
                .collect(Collectors.joining(", "));
        return new Taken(
                snapshot.name(),
                snapshot.writtenAt().toString().substring(0, 16).replace('T', ' '),
                snapshot.manifest().lastDay(),
                String.format(Locale.ROOT, "%,d", snapshot.manifest().rows()),
                snapshot.manifest().features().size(),
                users);
    }
}

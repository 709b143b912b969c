package io.rankwright.flink;

import io.rankwright.features.FeatureState;
import io.rankwright.log.Catalog;
import io.rankwright.spec.Application;
import io.rankwright.training.SnapshotLayout;
import io.rankwright.training.SnapshotRow;
import io.rankwright.training.SnapshotTable;
import java.nio.file.Path;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/** Writes rows of a snapshot, each task a Parquet file of its own, which is there when its input has ended. */
final class PartSink implements Sink<SnapshotRow> {
    private static final long serialVersionUID = 1L;

    private final String bundle;
    private final String folder;

    PartSink(String bundle, String folder) {
        this.bundle = bundle;
        this.folder = folder;
    }

    @Override
    public SinkWriter<SnapshotRow> createWriter(WriterInitContext context) {
        Application application = Bundle.open(bundle).application();
        var catalog = new Catalog(application);
        var layout = new SnapshotLayout(application, catalog, new FeatureState(application, catalog));
        int task = context.getTaskInfo().getIndexOfThisSubtask();
        Path part = Path.of(folder).resolve("part-" + task + ".parquet");
        SnapshotTable table = SnapshotTable.create(part.resolveSibling("part-" + task + ".duckdb"), layout);
        return new SinkWriter<>() {
            @Override
            public void write(SnapshotRow row, Context ignored) {
                table.append(row);
            }

            @Override
            public void flush(boolean isLast) {
                if (isLast) {
                    table.writeParquet(part);
                }
            }

            @Override
            public void close() {
                table.close();
            }
        };
    }
}

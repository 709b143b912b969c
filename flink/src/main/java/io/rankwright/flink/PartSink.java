package io.rankwright.flink;

import io.rankwright.features.FeatureState;
import io.rankwright.log.Catalog;
import io.rankwright.log.Folder;
import io.rankwright.spec.FeedApplication;
import io.rankwright.training.SnapshotLayout;
import io.rankwright.training.SnapshotRow;
import io.rankwright.training.SnapshotTable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Writes rows of a snapshot, each task a Parquet file of its own, which is there when its input has ended. */
final class PartSink implements Sink<SnapshotRow> {
    /** How the files of the parts begin and end. */
    static final String PART = "part-";

    static final String PARQUET = ".parquet";

    private static final long serialVersionUID = 1L;

    private final String bundle;
    private final String folder;

    /** @param folder an address that Flink's file systems reach */
    PartSink(String bundle, String folder) {
        this.bundle = bundle;
        this.folder = folder;
    }

    @Override
    public SinkWriter<SnapshotRow> createWriter(WriterInitContext context) throws IOException {
        FeedApplication application = Bundle.open(bundle).application();
        var catalog = new Catalog(application);
        var layout = new SnapshotLayout(application, catalog, new FeatureState(application, catalog));
        int task = context.getTaskInfo().getIndexOfThisSubtask();
        var part = new Path(new Path(folder), PART + task + PARQUET);
        java.nio.file.Path scratch = Files.createTempDirectory("rankwright-part");
        SnapshotTable table = SnapshotTable.create(scratch.resolve("part.duckdb"), layout);
        return new SinkWriter<>() {
            @Override
            public void write(SnapshotRow row, Context ignored) {
                table.append(row);
            }

            @Override
            public void flush(boolean isLast) throws IOException {
                if (isLast) {
                    java.nio.file.Path written = scratch.resolve("part.parquet");
                    table.writeParquet(written);
                    try (OutputStream out = FileSystem.get(part.toUri()).create(part, FileSystem.WriteMode.OVERWRITE)) {
                        Files.copy(written, out);
                    }
                }
            }

            @Override
            public void close() throws IOException {
                table.close();
                Folder.delete(scratch);
            }
        };
    }
}

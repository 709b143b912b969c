package io.rankwright.flink;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.features.FeatureState;
import io.rankwright.log.EventLog;
import io.rankwright.log.Folder;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.Snapshot;
import io.rankwright.training.SnapshotLayout;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * The parts of a snapshot that a batch job has written, each task one, in a folder at an address that Flink's file systems
 * reach. They are whole when their inputs lie beside them.
 */
public final class Parts {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String INPUTS = "inputs.json";

    private Parts() {}

    /** Says that all parts of these inputs are there. */
    static void declareWhole(String address, Snapshot.Manifest inputs) throws IOException {
        var file = new Path(new Path(address), INPUTS);
        try (OutputStream out = FileSystem.get(file.toUri()).create(file, FileSystem.WriteMode.OVERWRITE)) {
            out.write(JSON.writeValueAsBytes(inputs));
        }
    }

    /**
     * Makes a snapshot of them.
     *
     * @param folder where snapshots lie
     * @param inputs what the snapshot must be made of
     * @throws UserFault if they are not whole, or were made of other inputs
     */
    public static Snapshot collect(
            String address,
            java.nio.file.Path folder,
            FeedApplication application,
            EventLog log,
            Snapshot.Manifest inputs) {
        java.nio.file.Path scratch = folder.resolve(inputs.key() + ".parts");
        try {
            refuseOthers(address, inputs);
            Folder.delete(scratch);
            Files.createDirectories(scratch);
            var layout = new SnapshotLayout(application, log.catalog(), new FeatureState(application, log.catalog()));
            return Snapshot.of(folder, fetch(address, scratch), application, layout, inputs);
        } catch (IOException e) {
            throw new EnvironmentFault("could not read the parts in " + address + ": " + e.getMessage(), true, e);
        } finally {
            try {
                Folder.delete(scratch);
            } catch (IOException _) {
                // The next snapshot of these inputs deletes it.
            }
        }
    }

    private static void refuseOthers(String address, Snapshot.Manifest inputs) throws IOException {
        var file = new Path(new Path(address), INPUTS);
        FileSystem files = FileSystem.get(file.toUri());
        if (!files.exists(file)) {
            throw new UserFault("no whole snapshot in " + address + "; expected " + INPUTS
                    + " beside the parts, which the job writes when it is done: see 'rankwright flink deploy'");
        }
        try (InputStream in = files.open(file)) {
            String key = JSON.readValue(in, Snapshot.Manifest.class).key();
            if (!key.equals(inputs.key())) {
                throw new UserFault("the parts in " + address + " were made of other data, another application file or"
                        + " other code; expected those of now: run 'rankwright flink deploy' and the job again");
            }
        }
    }

    private static List<java.nio.file.Path> fetch(String address, java.nio.file.Path scratch) throws IOException {
        var folder = new Path(address);
        FileSystem files = FileSystem.get(folder.toUri());
        var fetched = new ArrayList<java.nio.file.Path>();
        for (FileStatus status : files.listStatus(folder)) {
            String name = status.getPath().getName();
            if (name.startsWith(PartSink.PART) && name.endsWith(PartSink.PARQUET)) {
                java.nio.file.Path part = scratch.resolve(name);
                try (InputStream in = files.open(status.getPath())) {
                    Files.copy(in, part);
                }
                fetched.add(part);
            }
        }
        fetched.sort(null);
        return fetched;
    }
}

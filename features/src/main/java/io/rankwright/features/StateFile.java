package io.rankwright.features;

import io.rankwright.log.Catalog;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * The feature state as it stood behind some offset of a log, as one checked file: a start takes it up and replays only what
 * arrived since. It holds codes of the log's dictionary and so belongs to that log alone. Nothing is in it that a replay
 * would not give; one that is damaged, or of other features, counts as none.
 *
 * <p>Immutable. Any thread; one writer at a time.
 */
public final class StateFile {
    private static final Logger LOGGER = Logger.getLogger(StateFile.class.getName());
    private static final int FORMAT = 1;
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int END = -1;

    private final Path file;
    private final FeedApplication application;
    private final Catalog catalog;

    /** @param file need not be there */
    public StateFile(Path file, FeedApplication application, Catalog catalog) {
        this.file = file;
        this.application = application;
        this.catalog = catalog;
    }

    /** Writes a state, which nobody may change meanwhile, in the place of the one before: whole or not at all. */
    public void write(FeatureState state, long offset) {
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try (FileChannel channel = FileChannel.open(
                partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            var checked = new CheckedOutputStream(Channels.newOutputStream(channel), new CRC32C());
            var out = new DataOutputStream(new BufferedOutputStream(checked, BLOCK_BYTES));
            out.writeInt(FORMAT);
            out.writeUTF(features(state));
            out.writeLong(offset);
            for (KeyedState keyed : state.sums()) {
                out.writeInt(keyed.size());
            }
            var blocks = new Blocks(out);
            List<KeyedState> sums = state.sums();
            for (int kind = 0; kind < sums.size(); kind++) {
                if (state.takesEvents(kind)) {
                    write(sums.get(kind), kind, blocks);
                }
            }
            List<SequenceState> sequences = state.recent();
            for (int s = 0; s < sequences.size(); s++) {
                write(sequences.get(s), sums.size() + s, blocks);
            }
            out.writeInt(END);
            out.flush();
            out.writeLong(checked.getChecksum().getValue());
            out.flush();
            channel.force(true);
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new EnvironmentFault(
                    "could not write " + file + ": " + e.getMessage() + "; the old file stays", true, e);
        }
    }

    /** Cells in blocks of one kind each. */
    private static final class Blocks {
        private final DataOutputStream out;
        private ByteWriter block = new ByteWriter();

        Blocks(DataOutputStream out) {
            this.out = out;
        }

        /** Ends the block if it is long, or in any case. */
        void end(int kind, boolean isAlways) throws IOException {
            if (block.size() > (isAlways ? 0 : BLOCK_BYTES)) {
                out.writeInt(kind);
                out.writeInt(block.size());
                out.write(block.bytes());
                block = new ByteWriter();
            }
        }
    }

    private static void write(KeyedState sums, int kind, Blocks blocks) throws IOException {
        int[][] keys = new int[sums.size()][];
        sums.forEach((slot, codes) -> keys[slot] = codes.clone());
        for (int slot = 0; slot < keys.length; slot++) {
            for (int code : keys[slot]) {
                blocks.block.whole(code);
            }
            blocks.block.bytes(sums.cell(slot, Long.MIN_VALUE).bytes());
            blocks.end(kind, false);
        }
        blocks.end(kind, true);
    }

    private static void write(SequenceState sequence, int kind, Blocks blocks) throws IOException {
        for (int subject = 1; subject < sequence.subjects(); subject++) {
            if (sequence.isKnown(subject)) {
                blocks.block.whole(subject);
                blocks.block.bytes(sequence.cell(subject).bytes());
                blocks.end(kind, false);
            }
        }
        blocks.end(kind, true);
    }

    /** What of an application makes a state fit: another definition of a feature makes another state. */
    private String features(FeatureState state) {
        var cells = new FeatureCells(application, catalog, state);
        return cells.kinds().keySet().stream()
                .map(kind -> Base64.getEncoder().encodeToString(cells.storeKey(new FeatureCells.Key(kind, ""))))
                .collect(Collectors.joining(","));
    }

    /**
     * The offset of the first arrival that is not in it.
     *
     * @param state of the features that are wanted
     * @return empty if there is no file, it is damaged, or it is of other features
     */
    public OptionalLong offset(FeatureState state) {
        if (!Files.exists(file) || !isWhole()) {
            return OptionalLong.empty();
        }
        try (DataInputStream in = input()) {
            boolean isFitting = in.readInt() == FORMAT && in.readUTF().equals(features(state));
            return isFitting ? OptionalLong.of(in.readLong()) : OptionalLong.empty();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Deletes it; one that is not there is no fault. */
    public void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new EnvironmentFault("could not delete " + file + ": " + e.getMessage(), true, e);
        }
    }

    /** Fills a state that holds nothing with what the file holds, which has an {@link #offset} for it. */
    public void read(FeatureState state) {
        try (DataInputStream in = input()) {
            in.readInt();
            in.readUTF();
            in.readLong();
            for (KeyedState keyed : state.sums()) {
                keyed.reserve(in.readInt());
            }
            var cells = new FeatureCells(application, catalog, state);
            for (int kind = in.readInt(); kind != END; kind = in.readInt()) {
                byte[] block = in.readNBytes(in.readInt());
                load(state, cells, kind, new ByteReader(block, 0));
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private DataInputStream input() throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BLOCK_BYTES));
    }

    private EnvironmentFault unreadable(IOException e) {
        return new EnvironmentFault("could not read " + file + ": " + e.getMessage(), true, e);
    }

    private static void load(FeatureState state, FeatureCells cells, int kind, ByteReader block) {
        List<KeyedState> sums = state.sums();
        while (!block.isAtEnd()) {
            if (kind < sums.size()) {
                KeyedState keyed = sums.get(kind);
                int[] codes = new int[keyed.parts().size()];
                for (int p = 0; p < codes.length; p++) {
                    codes[p] = (int) block.whole();
                }
                keyed.load(keyed.slotOf(codes), keyed.readCell(block));
            } else {
                int subject = (int) block.whole();
                cells.load(new FeatureCells.Slot(new FeatureCells.Key(kind, ""), subject), Cell.Recent.read(block));
            }
        }
    }

    /** Whether the file is as it was written; what is not is told of. */
    private boolean isWhole() {
        try (InputStream bytes = Files.newInputStream(file)) {
            long rest = Files.size(file) - Long.BYTES;
            var checked = new CheckedInputStream(bytes, new CRC32C());
            byte[] buffer = new byte[BLOCK_BYTES];
            while (rest > 0) {
                int read = checked.read(buffer, 0, (int) Math.min(buffer.length, rest));
                if (read < 0) {
                    throw new EOFException("it ends too soon");
                }
                rest -= read;
            }
            if (new DataInputStream(bytes).readLong() == checked.getChecksum().getValue()) {
                return true;
            }
            LOGGER.log(Level.WARNING, "{0} is damaged; the whole log is replayed instead", file);
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "{0} cannot be read ({1}); the whole log is replayed instead", new Object[] {
                file, e.getMessage()
            });
        }
        return false;
    }
}

package io.rankwright.models;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * Ids and their vectors, learnt by row-wise Adagrad (Duchi et al., 2011; one state a row as in large recommenders):
 * flat memory outside the heap, in pages, growing as ids come. No two ids share a row; ids that are not there share some
 * <em>cold</em> rows by their hash, so that an unknown id has a vector too, one that was learnt from rare ids.
 *
 * <p>A look-up costs one or two cache lines, an update what its row costs, whatever the size of the table. A row of 64
 * takes 264 bytes and 32 in the index.
 *
 * <p>Thread-safety: any number of readers beside each other; writers ({@link #add}, {@link #update}, {@link #drop}) one
 * at a time and without readers, but for {@link #update}, which may run on several threads for different rows. A
 * {@link Frozen} state may be written by another thread while training goes on.
 */
public final class EmbeddingTable {
    private static final int PAGE_BITS = 12;
    private static final int PAGE_ROWS = 1 << PAGE_BITS;
    private static final long MAGIC = 0x524b574d454d4232L;
    private static final int HEADER = 64;
    /** Vectors begin at multiples of this, so that one of 16 floats lies in one cache line. */
    private static final int LINE = 64;

    /** Bytes of what is known of a row beside its vector: its Adagrad state, and when it was last seen. */
    private static final int STATE = 8;

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int dim;
    private final int coldRows;
    private final long seed;
    /** New rows begin with values between plus and minus this. */
    private final float begin;

    /** Bytes of a vector. */
    private final int stride;

    /** Ids and rows (+1), open addressing, at most half full. */
    private MemorySegment index;

    private int places;
    /** The vectors of so many rows each; states lie apart, as only a training looks at them. */
    private MemorySegment[] pages;

    private MemorySegment[] states;
    private boolean[] isFrozen;
    private int size;

    private EmbeddingTable(int dim, int coldRows, long seed, float begin) {
        if (dim < 1 || coldRows < 1) {
            throw new IllegalArgumentException(dim + " dimensions, " + coldRows + " cold rows; at least 1 of each");
        }
        this.dim = dim;
        this.coldRows = coldRows;
        this.seed = seed;
        this.begin = begin;
        this.stride = 4 * dim;
        this.places = 1 << 10;
        this.index = allocate(16L * places);
        this.pages = new MemorySegment[0];
        this.states = new MemorySegment[0];
        this.isFrozen = new boolean[0];
    }

    /**
     * An empty table but for its cold rows.
     *
     * @param seed each row begins with values drawn for its id, whatever came before it
     */
    public static EmbeddingTable create(int dim, int coldRows, long seed) {
        return create(dim, coldRows, seed, (float) (1 / Math.sqrt(dim)));
    }

    /** @param begin rows begin with values between plus and minus this */
    public static EmbeddingTable create(int dim, int coldRows, long seed, float begin) {
        var table = new EmbeddingTable(dim, coldRows, seed, begin);
        for (int row = 0; row < coldRows; row++) {
            table.append(-1L - row);
        }
        return table;
    }

    public int dim() {
        return dim;
    }

    /** How many rows there are, the cold ones among them: they come first. */
    public int size() {
        return size;
    }

    /** The row of an id; that of a cold row if the id is not there. Ids are not negative. */
    public int row(long id) {
        long slot = find(id);
        int found = index.get(INT, 16 * slot + 8);
        return found == 0 ? coldRow(id) : found - 1;
    }

    /** Whether an id has a row of its own. */
    public boolean isKnown(long id) {
        return index.get(INT, 16 * find(id) + 8) != 0;
    }

    /** The cold row that stands for an id where it has no row of its own. */
    public int coldRow(long id) {
        return (int) Long.remainderUnsigned(mixed(id ^ seed), coldRows);
    }

    /** The row of an id, which gets one if it has none. */
    public int add(long id) {
        long slot = find(id);
        int found = index.get(INT, 16 * slot + 8);
        if (found != 0) {
            return found - 1;
        }
        int row = append(id);
        enter(slot, id, row);
        if (2L * (size - coldRows) > places) {
            grow();
        }
        return row;
    }

    private void enter(long slot, long id, int row) {
        index.set(LONG, 16 * slot, id);
        index.set(INT, 16 * slot + 8, row + 1);
    }

    /** The slot of an id, or the empty one where it would be. */
    private long find(long id) {
        int mask = places - 1;
        long slot = mixed(id) & mask;
        while (index.get(INT, 16 * slot + 8) != 0 && index.get(LONG, 16 * slot) != id) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /** Spreads ids over all bits (the finaliser of SplitMix64; Steele, Lea and Flood, 2014). */
    private static long mixed(long id) {
        long z = (id ^ (id >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    private void grow() {
        MemorySegment old = index;
        int oldPlaces = places;
        places = Math.multiplyExact(places, 2);
        index = allocate(16L * places);
        for (long slot = 0; slot < oldPlaces; slot++) {
            int row = old.get(INT, 16 * slot + 8);
            if (row != 0) {
                long id = old.get(LONG, 16 * slot);
                enter(find(id), id, row - 1);
            }
        }
    }

    /** Memory that goes when nothing points to it any more. */
    private static MemorySegment allocate(long bytes) {
        return Arena.ofAuto().allocate(bytes, LINE);
    }

    /** A new row, begun with values that depend on seed and id alone. */
    private int append(long id) {
        int row = size++;
        if (row >> PAGE_BITS == pages.length) {
            pages = Arrays.copyOf(pages, pages.length + 1);
            states = Arrays.copyOf(states, pages.length);
            isFrozen = Arrays.copyOf(isFrozen, pages.length);
            pages[pages.length - 1] = allocate((long) PAGE_ROWS * stride);
            states[pages.length - 1] = allocate((long) PAGE_ROWS * STATE);
        }
        MemorySegment page = writable(row);
        long at = at(row);
        var random = new SplittableRandom(seed ^ mixed(id));
        for (int d = 0; d < dim; d++) {
            page.set(FLOAT, at + 4L * d, (float) random.nextDouble(-begin, begin));
        }
        return row;
    }

    private long at(int row) {
        return (long) (row & (PAGE_ROWS - 1)) * stride;
    }

    private static long stateAt(int row) {
        return (long) (row & (PAGE_ROWS - 1)) * STATE;
    }

    /** The page of a row, a copy of it if the page was frozen. */
    private MemorySegment writable(int row) {
        int page = row >> PAGE_BITS;
        if (isFrozen[page]) {
            thaw(page);
        }
        return pages[page];
    }

    private synchronized void thaw(int page) {
        if (isFrozen[page]) {
            pages[page] = allocate((long) PAGE_ROWS * stride).copyFrom(pages[page]);
            states[page] = allocate((long) PAGE_ROWS * STATE).copyFrom(states[page]);
            isFrozen[page] = false;
        }
    }

    /** Reads a row. */
    public void read(int row, float[] out, int start) {
        Vectors.read(pages[row >> PAGE_BITS], at(row), out, start, dim);
    }

    /** Adds a share of a row to {@code out} at {@code start}. */
    public void gather(int row, float share, float[] out, int start) {
        Vectors.add(share, pages[row >> PAGE_BITS], at(row), out, start, dim);
    }

    /**
     * Moves a row against its gradient.
     *
     * @param gradients where it lies, at {@code start}
     * @param seen the moment, in a unit of the caller's, for {@link #drop}
     */
    public void update(int row, float[] gradients, int start, float learningRate, int seen) {
        MemorySegment page = writable(row);
        MemorySegment known = states[row >> PAGE_BITS];
        long at = stateAt(row);
        float square = Vectors.dot(gradients, start, gradients, start, dim);
        float state = known.get(FLOAT, at) + square / dim;
        known.set(FLOAT, at, state);
        known.set(INT, at + 4, seen);
        float step = (float) (learningRate / (Math.sqrt(state) + 1e-8));
        Vectors.add(-step, gradients, start, page, at(row), dim);
    }

    /**
     * A table of the rows seen at or after a moment, and the cold ones; this one stays as it is.
     *
     * @param seen in the unit of {@link #update}
     */
    public EmbeddingTable drop(int seen) {
        var kept = create(dim, coldRows, seed, begin);
        for (int row = 0; row < coldRows; row++) {
            kept.copyRow(row, this, row);
        }
        long[] ids = ids();
        for (int row = coldRows; row < size; row++) {
            if (states[row >> PAGE_BITS].get(INT, stateAt(row) + 4) >= seen) {
                kept.copyRow(kept.add(ids[row]), this, row);
            }
        }
        return kept;
    }

    private void copyRow(int row, EmbeddingTable from, int fromRow) {
        int page = row >> PAGE_BITS;
        int fromPage = fromRow >> PAGE_BITS;
        MemorySegment.copy(from.pages[fromPage], from.at(fromRow), pages[page], at(row), stride);
        MemorySegment.copy(from.states[fromPage], stateAt(fromRow), states[page], stateAt(row), STATE);
    }

    /** The id of each row; those of the cold ones are negative. */
    private long[] ids() {
        long[] ids = new long[size];
        for (int row = 0; row < coldRows; row++) {
            ids[row] = -1L - row;
        }
        for (long slot = 0; slot < places; slot++) {
            int row = index.get(INT, 16 * slot + 8);
            if (row != 0) {
                ids[row - 1] = index.get(LONG, 16 * slot);
            }
        }
        return ids;
    }

    /** What a table held at one moment; whatever is learnt later goes into copies of its pages. */
    public final class Frozen {
        private final MemorySegment[] frozenPages = pages.clone();
        private final MemorySegment[] frozenStates = states.clone();
        private final long[] frozenIds = ids();

        private Frozen() {
            Arrays.fill(isFrozen, true);
        }

        /**
         * Writes the table as one file, whole or not at all: header, ids, vectors, states, and a CRC-32C over all of it.
         *
         * @throws EnvironmentFault if the disk refuses
         */
        public void write(Path file) {
            Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
            try {
                try (FileChannel channel = FileChannel.open(
                        unfinished,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
                    writeTo(channel);
                    channel.force(true);
                }
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new EnvironmentFault("could not write " + file + ": " + e.getMessage(), true, e);
            }
        }

        /** The same as bytes in memory, for a table that is a part of a model file. */
        byte[] bytes() {
            var bytes = new ByteArrayOutputStream();
            try {
                writeTo(Channels.newChannel(bytes));
            } catch (IOException e) {
                throw new InternalFault("a table in memory that cannot be written", e);
            }
            return bytes.toByteArray();
        }

        private void writeTo(WritableByteChannel channel) throws IOException {
            var checksum = new CRC32C();
            ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
            header.putLong(MAGIC)
                    .putInt(dim)
                    .putInt(coldRows)
                    .putInt(frozenIds.length)
                    .putFloat(begin)
                    .putLong(seed);
            put(channel, checksum, header.rewind());
            ByteBuffer ids = ByteBuffer.allocate(PAGE_ROWS * 8).order(ByteOrder.LITTLE_ENDIAN);
            for (int row = 0; row < frozenIds.length; row++) {
                ids.putLong(frozenIds[row]);
                if (!ids.hasRemaining() || row == frozenIds.length - 1) {
                    put(channel, checksum, ids.flip());
                    ids.clear();
                }
            }
            put(channel, checksum, ByteBuffer.allocate((int) (vectorsAt(frozenIds.length) - idsEnd(frozenIds.length))));
            put(channel, checksum, frozenPages, stride);
            put(channel, checksum, frozenStates, STATE);
            ByteBuffer sum = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, sum.putLong(checksum.getValue()).flip());
        }

        /** Writes what each row has in pages. */
        private void put(WritableByteChannel channel, CRC32C checksum, MemorySegment[] from, int bytesOfRow)
                throws IOException {
            for (int row = 0; row < frozenIds.length; row += PAGE_ROWS) {
                long bytes = (long) Math.min(PAGE_ROWS, frozenIds.length - row) * bytesOfRow;
                put(channel, checksum, from[row >> PAGE_BITS].asSlice(0, bytes).asByteBuffer());
            }
        }

        private static void put(WritableByteChannel channel, CRC32C checksum, ByteBuffer bytes) throws IOException {
            checksum.update(bytes.duplicate());
            writeFully(channel, bytes);
        }

        private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    /** Holds on to what the table is now, without copying it, so that it can be written while training goes on. */
    public Frozen freeze() {
        return new Frozen();
    }

    /**
     * Maps a file that {@link Frozen#write} made. Its rows stay on disk until they are read; an update goes into a copy
     * in memory, never into the file.
     *
     * @throws EnvironmentFault if the file is not whole
     */
    public static EmbeddingTable open(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return of(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()), file.toString());
        } catch (IOException e) {
            throw new EnvironmentFault("could not read " + file + ": " + e.getMessage(), true, e);
        }
    }

    /**
     * A table over what {@link Frozen} wrote. What is mapped stays in its file; an array is copied, as memory outside the
     * heap is what rows are read from fastest.
     *
     * @param name of the table in a complaint
     * @throws EnvironmentFault if it is not whole
     */
    static EmbeddingTable of(MemorySegment written, String name) {
        MemorySegment all =
                written.isNative() ? written : allocate(written.byteSize()).copyFrom(written);
        if (all.byteSize() < HEADER + 8 || all.get(LONG, 0) != MAGIC) {
            throw new EnvironmentFault(name + " is no embedding table of this release; train again", false);
        }
        int dim = all.get(INT, 8);
        int coldRows = all.get(INT, 12);
        int rows = all.get(INT, 16);
        var table = new EmbeddingTable(dim, coldRows, all.get(LONG, 24), all.get(FLOAT, 20));
        long end = vectorsAt(rows) + (long) rows * (table.stride + STATE);
        if (all.byteSize() != end + 8 || checksum(all, end) != all.get(LONG, end)) {
            throw new EnvironmentFault(name + " is broken: its checksum does not fit; expected a whole copy", false);
        }
        table.map(all, rows);
        return table;
    }

    private static long idsEnd(int rows) {
        return HEADER + 8L * rows;
    }

    /** Where the vectors begin in a file. */
    private static long vectorsAt(int rows) {
        return Math.ceilDiv(idsEnd(rows), LINE) * (long) LINE;
    }

    private static long checksum(MemorySegment all, long end) {
        var checksum = new CRC32C();
        for (long at = 0; at < end; at += 1 << 24) {
            checksum.update(all.asSlice(at, Math.min(1 << 24, end - at)).asByteBuffer());
        }
        return checksum.getValue();
    }

    private void map(MemorySegment all, int rows) {
        size = rows;
        pages = new MemorySegment[(rows + PAGE_ROWS - 1) >> PAGE_BITS];
        states = new MemorySegment[pages.length];
        isFrozen = new boolean[pages.length];
        Arrays.fill(isFrozen, true);
        long start = vectorsAt(rows);
        long startOfStates = start + (long) rows * stride;
        for (int p = 0; p < pages.length; p++) {
            long first = (long) p * PAGE_ROWS;
            long count = Math.min(PAGE_ROWS, rows - first);
            pages[p] = all.asSlice(start + first * stride, count * stride);
            states[p] = all.asSlice(startOfStates + first * STATE, count * STATE);
        }
        while (2L * (rows - coldRows) > places) {
            places = Math.multiplyExact(places, 2);
        }
        index = allocate(16L * places);
        for (int row = coldRows; row < rows; row++) {
            long id = all.get(LONG, HEADER + 8L * row);
            enter(find(id), id, row);
        }
    }
}

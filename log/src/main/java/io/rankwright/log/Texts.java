package io.rankwright.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankwright.spec.InternalFault;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Texts by code and codes by text, packed: the bytes of all texts behind one another, and a table of codes in which a text is
 * looked up by its hash (open addressing, half full at most). A text of ten characters takes some 25 bytes, where a map of
 * strings takes 120, and the garbage collector has nothing to go over.
 *
 * <p>Thread-safety: any number of readers beside one writer.
 */
final class Texts {
    /** A text that is longer has a chunk of its own. */
    private static final int CHUNK_BITS = 20;

    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int MOST_CHUNKS = 1 << (Integer.SIZE - CHUNK_BITS);
    private static final int LEAST = 64;
    private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(int[].class);
    /** Another one in each process: whoever sends texts cannot choose some that fall on one place. */
    private static final long MULTIPLIER = new SecureRandom().nextLong() | 1;

    private volatile byte[][] chunks = {new byte[LEAST]};
    /** Where the last chunk ends; its first byte is left out, so that no text lies at place 0. */
    private int end = 1;
    /** By code, the chunk of a text and its place there; 0 where there is none. */
    private volatile int[] places = new int[LEAST];
    /** Codes where the hash of their text leads to; 0 where there is none. */
    private volatile AtomicIntegerArray slots = new AtomicIntegerArray(LEAST);

    private int count;
    private volatile int size = 1;

    /** One more than the greatest code. */
    int size() {
        return size;
    }

    /** The code of a text, 0 if it has none. */
    int code(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        AtomicIntegerArray table = slots;
        int slot = hash(bytes, 0, bytes.length) & (table.length() - 1);
        while (true) {
            int code = table.getAcquire(slot);
            if (code == 0 || isText(code, bytes)) {
                return code;
            }
            slot = (slot + 1) & (table.length() - 1);
        }
    }

    /** The text of a code, empty if there is none. */
    String text(int code) {
        if (code <= 0 || code >= size) {
            return "";
        }
        int place = (int) PLACE.getAcquire(places, code);
        if (place == 0) {
            return "";
        }
        byte[] chunk = chunks[place >>> CHUNK_BITS];
        int from = place & (CHUNK - 1);
        return new String(chunk, start(chunk, from), length(chunk, from), UTF_8);
    }

    /** Adds a text that is not there. */
    void put(int code, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        int[] known = places;
        if (code >= known.length) {
            known = Arrays.copyOf(known, Math.max(code + 1, known.length + known.length / 2));
        }
        PLACE.setRelease(known, code, append(bytes));
        places = known;
        // Whoever finds the code finds its text: this comes last.
        if (2 * ++count > slots.length()) {
            slots = filed(2 * slots.length());
        } else {
            slots.setRelease(free(slots, hash(bytes, 0, bytes.length)), code);
        }
        size = Math.max(size, code + 1);
    }

    /** Writes a text with its length before it; where it lies. */
    private int append(byte[] bytes) {
        int last = chunks.length - 1;
        int length = varintLength(bytes.length) + bytes.length;
        if (last == 0 && end + length > chunks[0].length && end + length <= CHUNK) {
            chunks[0] = Arrays.copyOf(chunks[0], Math.clamp(2L * chunks[0].length, end + length, CHUNK));
        } else if (end + length > chunks[last].length) {
            if (++last == MOST_CHUNKS) {
                throw new InternalFault("more than 4 GB of texts of one kind");
            }
            byte[][] more = Arrays.copyOf(chunks, last + 1);
            more[last] = new byte[Math.max(CHUNK, length)];
            chunks = more;
            end = 0;
        }
        int place = (last << CHUNK_BITS) | end;
        byte[] chunk = chunks[last];
        for (int rest = bytes.length; ; rest >>>= 7) {
            boolean isLast = rest < 0x80;
            chunk[end++] = (byte) (isLast ? rest : rest | 0x80);
            if (isLast) {
                break;
            }
        }
        System.arraycopy(bytes, 0, chunk, end, bytes.length);
        end += bytes.length;
        return place;
    }

    /** All codes in a table of another length. */
    private AtomicIntegerArray filed(int length) {
        var table = new AtomicIntegerArray(length);
        for (int code = 1; code < places.length; code++) {
            int place = places[code];
            if (place != 0) {
                byte[] chunk = chunks[place >>> CHUNK_BITS];
                int from = place & (CHUNK - 1);
                int start = start(chunk, from);
                table.setPlain(free(table, hash(chunk, start, start + length(chunk, from))), code);
            }
        }
        return table;
    }

    /** The first free slot for a hash. */
    private static int free(AtomicIntegerArray table, int hash) {
        int slot = hash & (table.length() - 1);
        while (table.getPlain(slot) != 0) {
            slot = (slot + 1) & (table.length() - 1);
        }
        return slot;
    }

    private boolean isText(int code, byte[] bytes) {
        int place = places[code];
        byte[] chunk = chunks[place >>> CHUNK_BITS];
        int from = place & (CHUNK - 1);
        int start = start(chunk, from);
        return length(chunk, from) == bytes.length
                && Arrays.equals(chunk, start, start + bytes.length, bytes, 0, bytes.length);
    }

    private static int length(byte[] chunk, int from) {
        int length = 0;
        for (int i = from, shift = 0; ; i++, shift += 7) {
            length |= (chunk[i] & 0x7F) << shift;
            if (chunk[i] >= 0) {
                return length;
            }
        }
    }

    private static int start(byte[] chunk, int from) {
        int start = from;
        while (chunk[start] < 0) {
            start++;
        }
        return start + 1;
    }

    private static int varintLength(int value) {
        return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
    }

    private static int hash(byte[] bytes, int from, int to) {
        long hash = to - (long) from;
        for (int i = from; i < to; i++) {
            hash = (hash ^ bytes[i]) * MULTIPLIER;
        }
        return (int) (hash >>> 32);
    }
}

package io.rankwright.log;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bytes of an event. Key: type (1 byte), time (8, big-endian), offset (8, big-endian), so that the store's order is
 * the order of time. Value: the codes as variable-length integers, then each stored number as a tag and, if needed, its
 * digits; most numbers of a log are small and whole and take two or three bytes.
 */
final class EventCodec {
    static final int KEY_BYTES = 17;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int MISSING = 0;
    private static final int WHOLE = 1;
    private static final int DOUBLE = 2;
    private static final int SMALL = 3;
    private static final int GREATEST_SMALL = 255 - SMALL;

    private EventCodec() {}

    static byte[] key(int type, long timeMillis, long offset) {
        byte[] key = new byte[KEY_BYTES];
        key[0] = (byte) type;
        LONG.set(key, 1, timeMillis);
        LONG.set(key, 9, offset);
        return key;
    }

    /** The key of an arrival: type (1 byte), offset (8). */
    static byte[] arrival(int type, long offset) {
        byte[] key = new byte[9];
        key[0] = (byte) type;
        LONG.set(key, 1, offset);
        return key;
    }

    static long arrivalOffset(byte[] key) {
        return (long) LONG.get(key, 1);
    }

    static long time(byte[] key) {
        return (long) LONG.get(key, 1);
    }

    static long offset(byte[] key) {
        return (long) LONG.get(key, 9);
    }

    static byte[] encode(EventSchema schema, int[] codes, double[] numbers) {
        var bytes = new ByteArrayOutputStream(64);
        for (int code : codes) {
            writeVarint(bytes, code);
        }
        for (int i = 0; i < schema.storedNumberCount(); i++) {
            double number = numbers[i];
            if (Double.isNaN(number)) {
                bytes.write(MISSING);
            } else if (number >= 0 && number <= GREATEST_SMALL && number == (int) number) {
                bytes.write(SMALL + (int) number);
            } else if (number > 0 && number < 1L << 53 && number == (long) number) {
                bytes.write(WHOLE);
                writeVarint(bytes, (long) number);
            } else {
                bytes.write(DOUBLE);
                byte[] eight = new byte[8];
                LONG.set(eight, 0, Double.doubleToRawLongBits(number));
                bytes.writeBytes(eight);
            }
        }
        return bytes.toByteArray();
    }

    static void decode(EventSchema schema, byte[] value, int[] codes, double[] numbers) {
        int position = 0;
        for (int i = 0; i < codes.length; i++) {
            int code = value[position] & 0x7F;
            for (int shift = 7; value[position++] < 0; shift += 7) {
                code |= (value[position] & 0x7F) << shift;
            }
            codes[i] = code;
        }
        for (int i = 0; i < schema.storedNumberCount(); i++) {
            int tag = value[position++] & 0xFF;
            if (tag >= SMALL) {
                numbers[i] = tag - SMALL;
            } else if (tag == MISSING) {
                numbers[i] = Double.NaN;
            } else if (tag == DOUBLE) {
                numbers[i] = Double.longBitsToDouble((long) LONG.get(value, position));
                position += 8;
            } else {
                long whole = value[position] & 0x7F;
                for (int shift = 7; value[position++] < 0; shift += 7) {
                    whole |= (long) (value[position] & 0x7F) << shift;
                }
                numbers[i] = whole;
            }
        }
        schema.derive(numbers);
    }

    private static void writeVarint(ByteArrayOutputStream bytes, long value) {
        long rest = value;
        while (rest >= 0x80) {
            bytes.write((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }
}

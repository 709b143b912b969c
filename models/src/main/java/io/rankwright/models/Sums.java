package io.rankwright.models;

/** Sums by code of few codes among many: costs what is added, not what could be. One thread at a time. */
final class Sums {
    private int[] codes;
    private float[] values;
    private int size;

    /** @param most how many codes are expected at most */
    Sums(int most) {
        int room = Math.max(16, Integer.highestOneBit(Math.max(1, most)) << 2);
        codes = new int[room];
        values = new float[room];
    }

    /** Adds to the sum of a code above 0. */
    void add(int code, float value) {
        int place = place(codes, code);
        if (codes[place] == 0) {
            if (2 * ++size > codes.length) {
                grow();
                place = place(codes, code);
            }
            codes[place] = code;
        }
        values[place] += value;
    }

    private static int place(int[] codes, int code) {
        int mask = codes.length - 1;
        int place = ((code * 0x9E3779B9) >>> 7) & mask;
        while (codes[place] != 0 && codes[place] != code) {
            place = (place + 1) & mask;
        }
        return place;
    }

    private void grow() {
        int[] oldCodes = codes;
        float[] oldValues = values;
        codes = new int[2 * oldCodes.length];
        values = new float[codes.length];
        for (int i = 0; i < oldCodes.length; i++) {
            if (oldCodes[i] != 0) {
                int place = place(codes, oldCodes[i]);
                codes[place] = oldCodes[i];
                values[place] = oldValues[i];
            }
        }
    }

    /** Tells every sum once, in no order that means anything. */
    void forEach(CollaborativeModel.Scores visitor) {
        for (int i = 0; i < codes.length; i++) {
            if (codes[i] != 0) {
                visitor.score(codes[i], values[i]);
            }
        }
    }
}

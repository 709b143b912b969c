package io.rankwright.models;

/** Sums by code of few codes among many: costs what is added, not what could be. One thread at a time. */
final class Sums {
    private final int[] codes;
    private final float[] values;

    /** @param most how many different codes are added at most */
    Sums(int most) {
        // More than twice as many places as codes: a search for a code ends soon.
        int room = Integer.highestOneBit(Math.max(1, most)) << 2;
        codes = new int[room];
        values = new float[room];
    }

    /** Adds to the sum of a code above 0. */
    void add(int code, float value) {
        int place = place(code);
        codes[place] = code;
        values[place] += value;
    }

    private int place(int code) {
        int mask = codes.length - 1;
        int place = ((code * 0x9E3779B9) >>> 7) & mask;
        while (codes[place] != 0 && codes[place] != code) {
            place = (place + 1) & mask;
        }
        return place;
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

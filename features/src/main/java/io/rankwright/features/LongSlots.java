package io.rankwright.features;

import java.util.Arrays;

/**
 * A hash table from long keys to slots that count from 0 in order of first appearance: open addressing, linear probing,
 * at most half full. A look-up touches one or two cache lines and allocates nothing.
 *
 * <p>Thread-safety: readers beside each other; a writer alone.
 */
final class LongSlots {
    /** The answer for a key that is not there. */
    static final int NONE = -1;

    private long[] keys;
    private int[] slots;
    private int size;

    LongSlots() {
        allocate(1 << 10);
    }

    private void allocate(int capacity) {
        keys = new long[capacity];
        slots = new int[capacity];
        Arrays.fill(slots, NONE);
    }

    int size() {
        return size;
    }

    int find(long key) {
        int mask = keys.length - 1;
        for (int i = hash(key) & mask; slots[i] != NONE; i = (i + 1) & mask) {
            if (keys[i] == key) {
                return slots[i];
            }
        }
        return NONE;
    }

    int findOrAdd(long key) {
        int mask = keys.length - 1;
        int i = hash(key) & mask;
        for (; slots[i] != NONE; i = (i + 1) & mask) {
            if (keys[i] == key) {
                return slots[i];
            }
        }
        if (2 * (size + 1) > keys.length) {
            grow();
            return findOrAdd(key);
        }
        keys[i] = key;
        slots[i] = size;
        return size++;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldSlots = slots;
        allocate(oldKeys.length * 2);
        int mask = keys.length - 1;
        for (int j = 0; j < oldKeys.length; j++) {
            if (oldSlots[j] != NONE) {
                int i = hash(oldKeys[j]) & mask;
                while (slots[i] != NONE) {
                    i = (i + 1) & mask;
                }
                keys[i] = oldKeys[j];
                slots[i] = oldSlots[j];
            }
        }
    }

    /** The finalizer of MurmurHash3 (Appleby, public domain), which spreads consecutive keys. */
    private static int hash(long key) {
        long mixed = key;
        mixed ^= mixed >>> 33;
        mixed *= 0xff51afd7ed558ccdL;
        mixed ^= mixed >>> 33;
        mixed *= 0xc4ceb9fe1a85ec53L;
        return (int) (mixed ^ (mixed >>> 33));
    }
}

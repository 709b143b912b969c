package io.rankwright.features;

import io.rankwright.log.EntityTable;

/** One part of a key, read from a situation as a code; 0 where it is missing. Immutable. */
sealed interface KeyPart {
    int code(Situation situation, int member);

    default boolean isList() {
        return false;
    }

    default int count(Situation situation) {
        return 1;
    }

    record Subject() implements KeyPart {
        @Override
        public int code(Situation situation, int member) {
            return situation.subject;
        }
    }

    record Item() implements KeyPart {
        @Override
        public int code(Situation situation, int member) {
            return situation.item;
        }
    }

    record Attribute(EntityTable table, int place, boolean ofSubject) implements KeyPart {
        @Override
        public int code(Situation situation, int member) {
            return table.code(place, ofSubject ? situation.subject : situation.item);
        }
    }

    record ListAttribute(EntityTable table, int place, boolean ofSubject) implements KeyPart {
        @Override
        public int code(Situation situation, int member) {
            int[] members = table.list(place, ofSubject ? situation.subject : situation.item);
            return member < members.length ? members[member] : 0;
        }

        @Override
        public boolean isList() {
            return true;
        }

        @Override
        public int count(Situation situation) {
            return table.list(place, ofSubject ? situation.subject : situation.item).length;
        }
    }

    /** A column of the request. Codes of numbers are shifted by one, so that 0 stays "missing". */
    record Context(int index, boolean isNumber) implements KeyPart {
        @Override
        public int code(Situation situation, int member) {
            double value = situation.context[index];
            return isNumber ? (value >= 0 ? (int) value + 1 : 0) : (int) value;
        }
    }
}

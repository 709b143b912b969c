package io.rankwright.features;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import java.util.Optional;

/** One part of a key, read from a situation as a code; 0 where it is missing. Immutable. */
sealed interface KeyPart {
    int code(Situation situation, int member);

    /** What it is, in words. */
    String name();

    /** What a code means in every process. */
    String text(int code);

    /** Whether it differs from item to item. */
    boolean isOfItem();

    default boolean isList() {
        return false;
    }

    default int count(Situation situation) {
        return 1;
    }

    /** The subject or the item itself. */
    record Id(boolean ofSubject, Dictionary.Domain ids) implements KeyPart {
        @Override
        public boolean isOfItem() {
            return !ofSubject;
        }

        @Override
        public int code(Situation situation, int member) {
            return ofSubject ? situation.subject : situation.item;
        }

        @Override
        public String name() {
            return ofSubject ? "subject" : "item";
        }

        @Override
        public String text(int code) {
            return ids.text(code);
        }
    }

    record Attribute(EntityTable table, int place, boolean ofSubject) implements KeyPart {
        @Override
        public boolean isOfItem() {
            return !ofSubject;
        }

        @Override
        public int code(Situation situation, int member) {
            return table.code(place, ofSubject ? situation.subject : situation.item);
        }

        @Override
        public String name() {
            return table.name() + "." + table.contract().columns().get(place).name();
        }

        @Override
        public String text(int code) {
            return table.text(place, code);
        }
    }

    record ListAttribute(EntityTable table, int place, boolean ofSubject) implements KeyPart {
        @Override
        public boolean isOfItem() {
            return !ofSubject;
        }

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

        @Override
        public String name() {
            return table.name() + "." + table.contract().columns().get(place).name();
        }

        @Override
        public String text(int code) {
            return table.text(place, code);
        }
    }

    /** A column of the request. Codes of numbers are shifted by one, so that 0 stays "missing". */
    record Context(int index, String name, Optional<Dictionary.Domain> texts) implements KeyPart {
        @Override
        public boolean isOfItem() {
            return false;
        }

        @Override
        public int code(Situation situation, int member) {
            double value = situation.context[index];
            return texts.isPresent() ? (int) value : value >= 0 ? (int) value + 1 : 0;
        }

        @Override
        public String text(int code) {
            return texts.map(domain -> domain.text(code)).orElseGet(() -> Integer.toString(code - 1));
        }
    }
}

package io.rankwright.log;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One row of a source before it is checked: the fields in the order of the contract's columns, null where a field is
 * missing.
 *
 * @param position the number of the row in its source, from 1, the header not counted
 * @param unreadable why it is no row at all; its only field is what was found then
 */
record Row(long position, @Nullable String[] fields, Optional<String> unreadable) {
    Row(long position, @Nullable String[] fields) {
        this(position, fields, Optional.empty());
    }
}

/**
 * The log where it lies in Kafka: one topic an event type, values as JSON or Avro, keys the subject's ids, a record
 * without a value the mark that a subject is erased.
 */
@NullMarked
package io.rankwright.log.kafka;

import org.jspecify.annotations.NullMarked;

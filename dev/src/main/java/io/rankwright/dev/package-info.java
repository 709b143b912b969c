/**
 * The engines that an application moves to, started on this machine for trying and for tests: a Kafka broker, a Redis
 * server.
 *
 * <p>In goes a folder for their state; out comes the address of a real server in a process of its own. Nothing that
 * serves depends on this part, and it knows nothing of events or features.
 */
@NullMarked
package io.rankwright.dev;

import org.jspecify.annotations.NullMarked;

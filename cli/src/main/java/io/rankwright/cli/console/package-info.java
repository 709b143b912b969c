/**
 * The web console: pages made on the server from the live engine, with htmx for what changes in place.
 *
 * <p>In go requests of a person's browser; out come pages. What they show is read from the engine at each request;
 * what they change goes the same way as an API call.
 */
@NullMarked
package io.rankwright.cli.console;

import org.jspecify.annotations.NullMarked;

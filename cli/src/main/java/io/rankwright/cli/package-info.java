/**
 * The {@code rankwright} command.
 *
 * <p>In go arguments; out come tables and messages for people, JSON for programs, and an exit code. Each command is a
 * class; what they share stands in {@code pipeline} (from data to a registered version) and {@code console} (the web
 * pages).
 */
@NullMarked
package io.rankwright.cli;

import org.jspecify.annotations.NullMarked;

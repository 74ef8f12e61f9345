/**
 * What is wrong with a policy, as values: a {@link dev.postern.dsl.diagnostic.Diagnostic} has a
 * stable code, a place, the other places involved, and a hint. {@link
 * dev.postern.dsl.diagnostic.DiagnosticPrinter} shows one with its line and a caret.
 *
 * <p>Wording: lower case, the fact first, no blame, names in quotes as written, addresses in hex;
 * the hint says what to write.
 */
@NullMarked
package dev.postern.dsl.diagnostic;

import org.jspecify.annotations.NullMarked;

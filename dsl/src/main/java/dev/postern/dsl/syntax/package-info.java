/**
 * From text to {@link dev.postern.dsl.syntax.Tree}. {@link dev.postern.dsl.syntax.PolicyParser} is
 * the only door, and nothing outside this package imports ANTLR.
 *
 * <p>The grammar is {@code Postern.g4}. Its error messages are not used: {@link
 * dev.postern.dsl.syntax.SyntaxErrors} says what was expected in the field's words and finds the
 * misspelt keyword before the place where the parser noticed.
 *
 * <p>A file over the limits of {@link dev.postern.dsl.Limits} is refused before it is parsed.
 */
@NullMarked
package dev.postern.dsl.syntax;

import org.jspecify.annotations.NullMarked;

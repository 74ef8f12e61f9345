/**
 * The signed claim: {@code manifest.json}, an in-toto Statement v1 whose subjects are every file of
 * the bundle and whose predicate says what was proved of which policy, by which tool, under which
 * assumptions.
 *
 * <p>The predicate is a function of policy, report and source ({@link
 * dev.postern.signer.statement.Predicate}); a checker recomputes it and compares, so nothing in it
 * can contradict the files it speaks about.
 */
@NullMarked
package dev.postern.signer.statement;

import org.jspecify.annotations.NullMarked;

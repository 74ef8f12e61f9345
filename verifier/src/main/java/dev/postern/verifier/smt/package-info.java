/**
 * Bit-vector terms, and questions about them.
 *
 * <p>{@link dev.postern.verifier.smt.TermAlgebra} builds terms and simplifies while it builds; most
 * of what a trampoline computes folds to constants here. {@link dev.postern.verifier.smt.Terms}
 * walks them: evaluation, substitution and translation are one operation, interpretation in another
 * {@link dev.postern.x86.Algebra}.
 *
 * <pre>{@code
 * var t = new TermAlgebra();
 * Term rsp = t.variable("rsp", 64);
 * Term same = t.eq(t.sub(t.add(rsp, t.constant(64, 8)), t.constant(64, 8)), rsp);   // the constant 1
 *
 * Query query = Query.of("landing-safe g0", List.of(t.ult(rsp, t.constant(64, 0x1000))));
 * switch (prover.solve(query)) {
 *   case Answer.Sat(Model model) -> …        // checked by evaluation before it is given out
 *   case Answer.Unsat() -> …
 *   case Answer.Unknown(String reason) -> …  // never counts as either
 * }
 * }</pre>
 *
 * <p>{@link dev.postern.verifier.smt.SmtLib} prints a query as an SMT-LIB 2 script, whose bytes
 * depend on the query alone. The language is QF_BV with widths 1 to 128; one-bit vectors serve as
 * truth values.
 */
@NullMarked
package dev.postern.verifier.smt;

import org.jspecify.annotations.NullMarked;

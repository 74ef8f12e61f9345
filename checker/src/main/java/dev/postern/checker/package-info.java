/**
 * Re-checks evidence without search. Nothing here is shared with what finds the evidence, and
 * nothing here depends on more than the JDK. Begin at {@link dev.postern.checker.Checker}: an
 * obligation's bytes and its evidence's bytes in, {@link dev.postern.checker.Check} out.
 *
 * <p>Why acceptance implies the obligation, lemma by lemma.
 *
 * <p><b>Formulas</b> (SMT-LIB 2, QF_BV; what is proved is that no assignment satisfies the script).
 *
 * <ol>
 *   <li><i>Reading.</i> {@link dev.postern.checker.Script} accepts a few commands and operators,
 *       each with the arity, sorts and widths of the standard, and nothing else; so what it reads
 *       has one meaning, and every SMT-LIB solver gives it the same.
 *   <li><i>Blasting.</i> A word is a list of literals of a {@link dev.postern.checker.Circuit}, bit
 *       0 first. By induction over the script: under every assignment of the inputs, the literals
 *       of an expression have the bits of its standard value. {@link dev.postern.checker.Words}
 *       holds one method for each operator, with the reason where it is not the definition.
 *   <li><i>Clauses.</i> Each gate is functional: its output is determined by what is below it. Its
 *       clauses hold if the output has that value. So an assignment of the inputs that satisfies
 *       every assertion extends to a model of all clauses and of the unit clause of each assertion.
 *       Contraposition: clauses without a model leave no assignment that satisfies the script.
 *   <li><i>Steps.</i> Let F be the clauses so far, C a step. {@link
 *       dev.postern.checker.ProofChecker} negates every literal of C and goes through the hints:
 *       under that partial assignment each is a clause of F with all literals but one false, hence
 *       the last must be true in every model of F that falsifies C; or with all false, hence no
 *       model of F falsifies C. Only the latter accepts the step. So every model of F is one of F
 *       and C.
 *   <li><i>End.</i> The last step is the empty clause, which has no model; by (4) neither has F.
 * </ol>
 *
 * <p><b>Maps</b> (two maps, or several, of which no key may have a pair of classes that is not
 * allowed). {@link dev.postern.checker.MapClaim} holds the ranges themselves, and its digest is
 * what evidence names: evidence about other maps is refused. It is a hash over hashes of blocks: a
 * claim that shares its digest with another is the same ranges in the same blocks, or SHA-256 is
 * broken. Blocks are how ranges are stored and nothing else: {@link dev.postern.checker.MapChecker}
 * goes through all ranges of a map as one row, whoever shares blocks with whom, and has the two
 * lemmas beside the loops that rest on them.
 *
 * <p><b>Bytes</b> (pages, and where VMFUNC's encodings stand in them). {@link
 * dev.postern.checker.Listing} computes the list anew, by the definition, and compares. An encoding
 * lies within one mapping's bytes or across the end of a page and the beginning of another; there
 * is a list of the first kind for each mapping and one of the second for each view, so none is
 * missed.
 *
 * <p>Hostile evidence: every number is bounded before memory is taken for it, encodings have one
 * form, and a refusal says which of its rules was broken.
 */
@NullMarked
package dev.postern.checker;

import org.jspecify.annotations.NullMarked;

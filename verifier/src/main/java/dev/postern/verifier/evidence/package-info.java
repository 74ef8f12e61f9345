/**
 * Finds evidence for what a run concluded, in the form that {@code dev.postern.checker} judges.
 *
 * <p>A run keeps a {@link dev.postern.verifier.evidence.Transcript}: every question and its answer.
 * {@link dev.postern.verifier.evidence.Obligations} says from it what has to hold, in bytes: the
 * merged obligation of each landing and what follows it, the claim about maps of each sweep, the
 * pages of each view. {@link dev.postern.verifier.evidence.EvidenceMaker} looks for the evidence (a
 * SAT solver of our own, whose answer nobody trusts), {@link dev.postern.verifier.evidence.Auditor}
 * runs the rules again on the answers a bundle carries, says anew what has to hold, and lets the
 * checker judge the bundle's evidence for exactly that.
 */
@NullMarked
package dev.postern.verifier.evidence;

import org.jspecify.annotations.NullMarked;

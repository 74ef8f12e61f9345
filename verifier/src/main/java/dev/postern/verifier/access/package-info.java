/**
 * The confinement theorem stated on single accesses, and policy facts restated: the concrete
 * machine on which the counterexamples of confinement rules replay.
 *
 * <p>Start at {@link dev.postern.verifier.access.Confinement}: one access, through one EPT or past
 * it, and what it breaks. Everything here looks up the one address it is asked about in the policy,
 * and shares no code with the rules, so that a rule and its counterexample cannot be wrong in the
 * same way. {@link dev.postern.verifier.access.Replay} does it for a report.
 */
@NullMarked
package dev.postern.verifier.access;

import org.jspecify.annotations.NullMarked;

/**
 * Gates: where a protected view can be entered, what happens there, and what protected code does
 * until it leaves.
 *
 * <p>Start at {@link dev.postern.verifier.gate.LandingSet}: the places at which the attacker can
 * make execution continue behind a VMFUNC, given the policy's lock. {@link
 * dev.postern.verifier.gate.LandingCheck} decides one of them by symbolic execution, and where it
 * is a gate's own landing hands on the states that pass the gate; {@link
 * dev.postern.verifier.gate.GateWalk} follows those through the protected code. The mediation rules
 * only read what these find.
 */
@NullMarked
package dev.postern.verifier.gate;

import org.jspecify.annotations.NullMarked;

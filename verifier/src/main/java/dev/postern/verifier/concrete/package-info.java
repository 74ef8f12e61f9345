/**
 * The concrete machine: a source guest's processor with its EPTP list, run one instruction at a
 * time.
 *
 * <p>Start at {@link dev.postern.verifier.concrete.Replayer}: a {@link
 * dev.postern.verifier.concrete.Scenario} (registers, the attacker's page tables and memory) runs
 * on a {@link dev.postern.verifier.concrete.ConcreteMachine} over a {@link
 * dev.postern.verifier.concrete.World}, while a {@link dev.postern.verifier.concrete.Judge} watches
 * for the two theorems, stated on what is executed.
 *
 * <p>It shares no code with the rules or the symbolic machine but the decoder and the meaning of
 * instructions, which are tested against the real processor. What it cannot execute ends the run as
 * {@link dev.postern.verifier.concrete.Stop.Unmodelled}, never as safe.
 */
@NullMarked
package dev.postern.verifier.concrete;

import org.jspecify.annotations.NullMarked;

/**
 * Verdicts meet a machine: an emulated Intel processor with VMX, EPT and VMFUNC.
 *
 * <p>A {@link dev.postern.silicon.Host} puts a policy into host memory with the loader's own
 * planner and builder, so that what runs is the image a host would install. {@link
 * dev.postern.silicon.Trial}s are starts on it; {@link dev.postern.silicon.Emulator} runs them in
 * Bochs under a small hypervisor ({@code bench/silicon}); {@link dev.postern.silicon.Lockstep} runs
 * the same start on the concrete machine the verifier replays on and wants the two to agree on
 * every register after every instruction and on the end.
 *
 * <p>{@link dev.postern.silicon.Reproduction} runs counterexamples on the policy they refute, where
 * each must succeed; {@link dev.postern.silicon.Rematch} on a corrected one, where each must fail.
 *
 * <p>What it refuses: a policy the loader does not plan, and a start that needs a second processor
 * to write memory at the right moment. What is not executed is named, never passed.
 */
@NullMarked
package dev.postern.silicon;

import org.jspecify.annotations.NullMarked;

/**
 * The symbolic machine: what code in a protected view can do, from a start with unknown registers.
 *
 * <p>Start at {@link dev.postern.verifier.machine.Explorer}: from a {@link
 * dev.postern.verifier.machine.State} it follows every path through one {@link
 * dev.postern.verifier.machine.AddressSpace} and hands each {@link
 * dev.postern.verifier.machine.Event} (an access, a branch to a computed target, VMFUNC, a stop) to
 * a watcher, with the state it happens in. States that meet at the same instruction merge, so time
 * follows the code's size and not its number of paths.
 *
 * <p>It over-approximates: what it cannot follow exactly becomes a fresh unknown value, and what it
 * does not model ends a path as {@link dev.postern.verifier.machine.Event.Unmodelled}, which every
 * rule answers with <em>unknown</em>. It assumes that code pages are immutable; the rule {@code
 * frames-write-xor-execute} proves that of the same view.
 */
@NullMarked
package dev.postern.verifier.machine;

import org.jspecify.annotations.NullMarked;

/**
 * Questions about page maps, answered by sorted sweeps that leave a witness.
 *
 * <p>Start at {@link dev.postern.verifier.map.IntervalMap}: sorted, disjoint ranges of unsigned
 * 64-bit keys (guest-physical pages or frames), each with a value. {@link
 * dev.postern.verifier.map.Maps} puts the questions that the rules ask:
 *
 * <pre>{@code
 * IntervalMap.Builder<Leaf> b = IntervalMap.builder(Leaf::canonical);
 * b.add(first, last, leaf);                       // any order, inclusive bounds
 * switch (b.build()) { case Built.Disjoint(var map) -> …; case Built.Overlap(var a, var c) -> … }
 *
 * switch (Maps.inclusion("destination-approved", viewFrames, approved,
 *                        (leaf, grant) -> grant.covers(leaf))) {
 *   case Outcome.Holds(Witness w) -> …             // WitnessChecker.check accepts it
 *   case Outcome.Violated(Violation v) -> …        // smallest key, and the ranges that meet there
 * }
 * }</pre>
 *
 * <p>A map may be edited ({@code map.with(first, last, leaf)}, {@code map.without(first, last)}):
 * the new map shares all {@link dev.postern.verifier.map.Chunk}s but those at the edit, and a
 * question that was asked of the old one costs the sweep of those.
 *
 * <p>A sweep is linear after sorting, and its witness is re-checked by {@link
 * dev.postern.verifier.map.WitnessChecker}, which searches for nothing. One key has one value in a
 * map; where several mappings may share a key (two guest-physical pages on one frame), {@link
 * dev.postern.verifier.map.IntervalMap.Builder#buildJoining} says what they amount to together.
 *
 * <p>{@link dev.postern.verifier.map.SliceProof} puts the same questions to a solver, slice by
 * slice, and {@link dev.postern.verifier.map.Agreement} insists that both answer alike: that is
 * what a verdict rests on.
 */
@NullMarked
package dev.postern.verifier.map;

import org.jspecify.annotations.NullMarked;

/**
 * The rules, one file each, registered in {@link dev.postern.verifier.rule.Rules#ALL}.
 *
 * <p>A rule states what must hold in {@link dev.postern.verifier.rule.Rule#statement}, and answers
 * one or more {@link dev.postern.verifier.rule.Obligation}s for each protected view: proved with
 * evidence, refuted with a counterexample that replays, or unknown with a reason. One flaw of a
 * policy is refuted by one rule: where a fact could concern two, the comment of each says which one
 * speaks of it and why the other's silence is sound.
 *
 * <p>To add a rule see {@code docs/ADDING.md}.
 */
@NullMarked
package dev.postern.verifier.rule;

import org.jspecify.annotations.NullMarked;

/**
 * Proves or refutes a policy.
 *
 * <p>Start at {@link dev.postern.verifier.Verifier}, which is the architecture: run the rules,
 * replay every counterexample, apply waivers, conclude. A {@link dev.postern.verifier.rule.Rule}
 * answers findings about a {@link dev.postern.verifier.Verification}; what it needs twice is
 * learned once and shared there. Nothing here reads a file or a clock that gets into an answer,
 * except the milliseconds of evidence.
 *
 * <p>What is not modelled, times out, or is given up is {@code unknown}; it never counts as proved.
 */
@NullMarked
package dev.postern.verifier;

import org.jspecify.annotations.NullMarked;

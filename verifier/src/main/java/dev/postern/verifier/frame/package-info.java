/**
 * Who reaches which host frame, and how: the facts behind every rule that speaks of frames.
 *
 * <p>Start at {@link dev.postern.verifier.frame.FrameIndex}: one {@link
 * dev.postern.verifier.frame.Holder} for each view, each other virtual machine, each set of memory
 * slots, each DMA domain and the hypervisor itself, with a map from frame to {@link
 * dev.postern.verifier.frame.Use}. Frames of all owners lie in one key space ({@link
 * dev.postern.verifier.frame.FrameSpace}), so that aliases meet whatever name they go by. {@link
 * dev.postern.verifier.frame.FrameQuestion} asks, over all holders in one sweep, whether a
 * subject's frame is offended by anyone's use of it.
 *
 * <p>An entry that is not present or misconfigured grants nothing and is no use; the rule {@code
 * ept-well-formed} refutes the latter.
 */
@NullMarked
package dev.postern.verifier.frame;

import org.jspecify.annotations.NullMarked;

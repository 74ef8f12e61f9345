/**
 * What changed in meaning between two policies. {@link dev.postern.verifier.diff.PolicyDiff} is the
 * way in; it speaks of pages, permissions, code, gates, locks, controls and waivers, and names by
 * its place in the canonical JSON whatever else differs, so that nothing that differs goes unsaid.
 */
@NullMarked
package dev.postern.verifier.diff;

import org.jspecify.annotations.NullMarked;

/**
 * O-80: bundles that are safe alone, checked together, by intervals and without a solver: {@link
 * dev.postern.loader.compose.Composition}.
 */
@NullMarked
package dev.postern.loader.compose;

import org.jspecify.annotations.NullMarked;

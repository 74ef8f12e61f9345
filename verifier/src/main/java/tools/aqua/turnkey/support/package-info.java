/**
 * Stands in for the loader that z3-turnkey calls from {@code com.microsoft.z3.Native}; the jar with
 * the original is excluded in the POM. The original extracts 35 MB on every start.
 */
@NullMarked
package tools.aqua.turnkey.support;

import org.jspecify.annotations.NullMarked;

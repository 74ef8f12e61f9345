/**
 * Z3 behind {@link dev.postern.verifier.smt.Solver}: the only package that imports it.
 *
 * <p>Start at {@link dev.postern.verifier.smt.z3.Z3Solver}. The native library comes out of the jar
 * once per user, into a cache that {@link dev.postern.verifier.smt.z3.NativeCache} keeps: 35 MB
 * that the binding would otherwise write to a temporary directory on every start.
 */
@NullMarked
package dev.postern.verifier.smt.z3;

import org.jspecify.annotations.NullMarked;

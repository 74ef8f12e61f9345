package dev.postern.model.report;

import java.util.Optional;

/**
 * Why to believe a verdict.
 *
 * @param method "sweep", "z3 …", "enumeration", "symbolic execution", "execution"
 * @param smt2 SHA-256 of the SMT-LIB script, where a solver was asked
 * @param witness SHA-256 of the sweep's witness, where there is one
 * @param queries solver calls made
 * @param millis wall time; the only value of a report that may differ between runs
 */
public record Evidence(
    String method, Optional<String> smt2, Optional<String> witness, int queries, long millis) {}

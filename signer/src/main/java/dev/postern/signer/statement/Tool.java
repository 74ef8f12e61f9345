package dev.postern.signer.statement;

/**
 * Who verified: recorded in the manifest.
 *
 * @param name "postern"
 * @param version its version
 * @param solver name and version of the solver that was asked
 * @param seed what its random choices began with
 * @param resources its resource units for one question; one that takes more is unknown
 */
public record Tool(String name, String version, String solver, int seed, int resources) {}

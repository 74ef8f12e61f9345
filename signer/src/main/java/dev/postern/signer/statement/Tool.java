package dev.postern.signer.statement;

/**
 * Who verified: recorded in the manifest.
 *
 * @param name "postern"
 * @param version its version
 * @param solver name and version of the solver that was asked
 */
public record Tool(String name, String version, String solver) {}

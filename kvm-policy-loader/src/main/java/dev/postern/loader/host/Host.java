package dev.postern.loader.host;

/**
 * What a host says of itself, and what its administrator decided.
 *
 * @param facts the processor
 * @param approved what views may reach of other machines
 * @param policy what is accepted on the administrator's word
 */
public record Host(HostFacts facts, Approved approved, HostPolicy policy) {}

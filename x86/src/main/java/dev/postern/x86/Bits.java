package dev.postern.x86;

/** A concrete bit-vector of 1..128 bits; unused upper bits are zero. */
public record Bits(int width, long low, long high) {}

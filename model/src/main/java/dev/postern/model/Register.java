package dev.postern.model;

import java.util.Locale;

/** A general-purpose register as a gate names it, in encoding order (SDM vol. 2 table 2-2). */
public enum Register {
  RAX,
  RCX,
  RDX,
  RBX,
  RSP,
  RBP,
  RSI,
  RDI,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.postern.x86;

/** The sixteen general-purpose registers, in encoding order (SDM vol. 2 table 2-2). */
public enum Gpr {
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
  R15
}

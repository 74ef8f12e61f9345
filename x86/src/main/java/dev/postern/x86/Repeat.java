package dev.postern.x86;

/** Repeat prefix in force on a string instruction. */
public enum Repeat {
  NONE,
  /** F3. */
  REP,
  /** F3 before CMPS and SCAS. */
  REPE,
  /** F2 before CMPS and SCAS. */
  REPNE
}

package dev.postern.x86;

/** Condition codes {@code tttn} in encoding order (SDM vol. 2 table B-10). */
public enum Condition {
  O,
  NO,
  B,
  AE,
  E,
  NE,
  BE,
  A,
  S,
  NS,
  P,
  NP,
  L,
  GE,
  LE,
  G
}

package dev.postern.x86;

import java.util.List;

/** Condition codes {@code tttn} in encoding order (SDM vol. 2 table B-10). */
public enum Condition {
  O(0),
  NO(1),
  B(2),
  AE(3),
  E(4),
  NE(5),
  BE(6),
  A(7),
  S(8),
  NS(9),
  P(10),
  NP(11),
  L(12),
  GE(13),
  LE(14),
  G(15);

  private static final List<Condition> BY_CODE = List.of(values());

  private final int code;

  Condition(int code) {
    this.code = code;
  }

  /** The {@code tttn} field, 0..15; bit 0 negates. */
  public int code() {
    return code;
  }

  /** The constant with {@code code}; anything else is the caller's bug. */
  public static Condition of(int code) {
    return BY_CODE.get(code);
  }
}

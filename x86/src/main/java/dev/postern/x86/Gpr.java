package dev.postern.x86;

import java.util.List;

/** The sixteen general-purpose registers, in encoding order (SDM vol. 2 table 2-2). */
public enum Gpr {
  RAX(0),
  RCX(1),
  RDX(2),
  RBX(3),
  RSP(4),
  RBP(5),
  RSI(6),
  RDI(7),
  R8(8),
  R9(9),
  R10(10),
  R11(11),
  R12(12),
  R13(13),
  R14(14),
  R15(15);

  private static final List<Gpr> BY_CODE = List.of(values());

  private final int code;

  Gpr(int code) {
    this.code = code;
  }

  /** Encoding, 0..15. */
  public int code() {
    return code;
  }

  /** The constant with {@code code}; anything else is the caller's bug. */
  public static Gpr of(int code) {
    return BY_CODE.get(code);
  }
}

package dev.postern.x86;

/** Single bits of RFLAGS (SDM vol. 1 §3.4.3); IOPL is two of them. */
public enum Flag {
  CF(0),
  PF(2),
  AF(4),
  ZF(6),
  SF(7),
  TF(8),
  IF(9),
  DF(10),
  OF(11),
  IOPL_LOW(12),
  IOPL_HIGH(13),
  NT(14),
  RF(16),
  VM(17),
  AC(18),
  VIF(19),
  VIP(20),
  ID(21);

  private final int bit;

  Flag(int bit) {
    this.bit = bit;
  }

  /** Bit position in RFLAGS, 0..21. */
  public int bit() {
    return bit;
  }
}

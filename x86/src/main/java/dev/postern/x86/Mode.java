package dev.postern.x86;

/**
 * The processor's code-segment mode, which selects the decoder (SDM vol. 1 §3.1; CS.L and CS.D).
 */
public enum Mode {
  /** 64-bit mode: CS.L=1. */
  BITS64(64),
  /** 32-bit protected or compatibility mode: CS.L=0, CS.D=1. */
  BITS32(32),
  /** Real, virtual-8086 or 16-bit protected/compatibility mode: CS.L=0, CS.D=0. */
  BITS16(16);

  private final int bits;

  Mode(int bits) {
    this.bits = bits;
  }

  /** Width of the mode's default address, in bits: 64, 32 or 16. */
  public int bits() {
    return bits;
  }
}

package dev.postern.x86;

/** Exceptions an instruction of the table can raise (SDM vol. 3 table 6-1). */
public enum ExceptionVector {
  DE(0),
  DB(1),
  BP(3),
  OF(4),
  BR(5),
  UD(6),
  NM(7),
  NP(11),
  SS(12),
  GP(13),
  PF(14),
  MF(16),
  AC(17),
  XM(19),
  VE(20),
  CP(21);

  private final int vector;

  ExceptionVector(int vector) {
    this.vector = vector;
  }

  /** Vector number, 0..31; also the bit in the VMCS exception bitmap. */
  public int vector() {
    return vector;
  }
}

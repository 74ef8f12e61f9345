package dev.postern.model;

/** EPT memory types (SDM vol. 3 table 28-6); the rest of the 3-bit field is a misconfiguration. */
public enum MemoryType {
  UC(0),
  WC(1),
  WT(4),
  WP(5),
  WB(6),
  /** Encodings 2, 3 and 7: an EPT misconfiguration, sayable so that it can be refuted. */
  RESERVED_2(2),
  RESERVED_3(3),
  RESERVED_7(7);

  private final int encoding;

  MemoryType(int encoding) {
    this.encoding = encoding;
  }

  /** Value of the 3-bit field, bits 5:3 of a leaf. */
  public int encoding() {
    return encoding;
  }
}

package dev.postern.model;

/** Size of the page an EPT leaf maps (SDM vol. 3 §28.2.2). */
public enum PageSize {
  SMALL(12),
  LARGE(21),
  HUGE(30);

  private final int shift;

  PageSize(int shift) {
    this.shift = shift;
  }

  /** log2 of the size in bytes: 12, 21 or 30. */
  public int shift() {
    return shift;
  }

  /** 4 KiB, 2 MiB or 1 GiB. */
  public long bytes() {
    return 1L << shift;
  }
}

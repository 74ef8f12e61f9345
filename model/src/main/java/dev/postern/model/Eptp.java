package dev.postern.model;

/**
 * Fields of an EPT pointer but its root (SDM vol. 3 §24.6.11).
 *
 * @param memoryType bits 2:0: UC or WB are valid
 * @param walkLength page-walk levels, 4 or 5; bits 5:3 hold it less one
 * @param accessedDirty bit 6
 * @param shadowStack bit 7, enforcement of supervisor shadow-stack rights
 */
public record Eptp(
    MemoryType memoryType, int walkLength, boolean accessedDirty, boolean shadowStack) {

  /** WB, 4 levels, neither bit: what a view has unless it says otherwise. */
  public static final Eptp DEFAULT = new Eptp(MemoryType.WB, 4, false, false);

  public Eptp {
    if (walkLength < 1 || walkLength > 8) {
      throw new IllegalArgumentException("walk length " + walkLength + " does not fit bits 5:3");
    }
  }

  /** Bits 11:0. */
  public long bits() {
    return memoryType.encoding()
        | (long) (walkLength - 1) << 3
        | (accessedDirty ? 1L << 6 : 0)
        | (shadowStack ? 1L << 7 : 0);
  }
}

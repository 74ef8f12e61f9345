package dev.postern.model;

/**
 * A raw EPTP-list slot, written out to describe an existing system; views need none.
 *
 * @param vm the source VM whose list it is
 * @param index 0..511
 */
public record EptpSlot(Location at, String vm, int index, Value value) {

  /** What stands in the slot. */
  public sealed interface Value {

    /** These 64 bits. */
    record Raw(long bits) implements Value {}

    /** The root of {@code view} under other EPTP fields. */
    record RootOf(String view, Eptp eptp) implements Value {}
  }

  public EptpSlot {
    if (index < 0 || index > 511) {
      throw new IllegalArgumentException("EPTP-list index " + index + " outside 0..511");
    }
  }
}

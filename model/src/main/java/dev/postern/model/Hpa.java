package dev.postern.model;

/** A host-physical address (SDM vol. 3 §28.2). Unsigned 64 bits. */
public record Hpa(long value) implements Comparable<Hpa> {

  public Hpa plus(long bytes) {
    return new Hpa(value + bytes);
  }

  /** The address of the 4-KiB page that holds this address. */
  public Hpa page() {
    return new Hpa(value & -PageSize.SMALL.bytes());
  }

  @Override
  public int compareTo(Hpa other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(value);
  }
}

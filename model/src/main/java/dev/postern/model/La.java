package dev.postern.model;

/** A linear address: what code fetches and accesses by (SDM vol. 3 §3.3.1). Unsigned 64 bits. */
public record La(long value) implements Comparable<La> {

  public La plus(long bytes) {
    return new La(value + bytes);
  }

  /** The address of the 4-KiB page that holds this address. */
  public La page() {
    return new La(value & -PageSize.SMALL.bytes());
  }

  @Override
  public int compareTo(La other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(value);
  }
}

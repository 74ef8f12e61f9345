package dev.postern.model;

/** A guest-physical address: what EPT translates (SDM vol. 3 §28.2). Unsigned 64 bits. */
public record Gpa(long value) implements Comparable<Gpa> {

  public Gpa plus(long bytes) {
    return new Gpa(value + bytes);
  }

  /** The address of the 4-KiB page that holds this address. */
  public Gpa page() {
    return new Gpa(value & -PageSize.SMALL.bytes());
  }

  @Override
  public int compareTo(Gpa other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(value);
  }
}

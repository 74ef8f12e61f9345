package dev.postern.model;

import org.jspecify.annotations.Nullable;

/** A guest-physical address: what EPT translates (SDM vol. 3 §28.2). Unsigned 64 bits. */
public record Gpa(long value) implements Comparable<Gpa> {

  public Gpa plus(long bytes) {
    return new Gpa(value + bytes);
  }

  /** The address of the 4-KiB page that holds this address. */
  public Gpa page() {
    return new Gpa(value & -PageSize.SMALL.bytes());
  }

  /** As of any record; written out, for the JVM would make it in a cold start, which takes long. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Gpa(long its) && value == its;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
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

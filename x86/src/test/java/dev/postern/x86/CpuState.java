package dev.postern.x86;

import java.util.Arrays;

/**
 * What an instruction starts from in the comparison with the real CPU.
 *
 * @param gpr sixteen registers, in encoding order
 * @param flags RFLAGS, TF set
 * @param seed fills the page of memory, see {@link #word}
 */
record CpuState(long[] gpr, long flags, long seed) {

  CpuState {
    gpr = gpr.clone();
  }

  /** The aligned 8-byte word {@code i} of the page; the harness computes the same. */
  long word(int i) {
    long a = mix(seed + 2L * i);
    long b = mix(seed + 2L * i + 1);
    return switch ((int) (seed >>> 61)) {
      case 0 -> a & b;
      case 1 -> a | b;
      case 2 -> mix(seed);
      case 3 -> a >>> (b & 63);
      default -> a;
    };
  }

  private static long mix(long seed) {
    long z = seed + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Gpr g : Gpr.values()) {
      text.append(String.format("%s=%016x ", g, gpr[g.ordinal()]));
    }
    return text + String.format("flags=%06x seed=%016x", flags, seed);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CpuState s
        && Arrays.equals(gpr, s.gpr)
        && flags == s.flags
        && seed == s.seed;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(gpr) ^ Long.hashCode(flags ^ seed);
  }
}

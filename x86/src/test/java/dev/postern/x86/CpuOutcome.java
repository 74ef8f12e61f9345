package dev.postern.x86;

import java.util.Map;

/**
 * What became of one instruction.
 *
 * @param vector the exception; 1 is the single-step trap after the instruction
 * @param rip in 32- and 16-bit modes relative to the code segment
 * @param changed aligned 8-byte words of the page that differ from their filling, by offset
 */
record CpuOutcome(int vector, long rip, long[] gpr, long flags, Map<Integer, Long> changed) {

  static final int STEPPED = 1;

  CpuOutcome withVector(int other) {
    return new CpuOutcome(other, rip, gpr, flags, changed);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(String.format("vector=%d rip=%x ", vector, rip));
    for (Gpr g : Gpr.values()) {
      text.append(String.format("%s=%016x ", g, gpr[g.ordinal()]));
    }
    text.append(String.format("flags=%06x", flags));
    changed.forEach((at, value) -> text.append(String.format(" [%03x]=%016x", at, value)));
    return text.toString();
  }
}

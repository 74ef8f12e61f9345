package dev.postern.x86;

import java.util.List;

/** Segment registers in encoding order (SDM vol. 2 table B-8). */
public enum Segment {
  ES(0),
  CS(1),
  SS(2),
  DS(3),
  FS(4),
  GS(5);

  private static final List<Segment> BY_CODE = List.of(values());

  private final int code;

  Segment(int code) {
    this.code = code;
  }

  /** Encoding in Sreg, 0..5. */
  public int code() {
    return code;
  }

  /** The constant with {@code code}; anything else is the caller's bug. */
  public static Segment of(int code) {
    return BY_CODE.get(code);
  }
}

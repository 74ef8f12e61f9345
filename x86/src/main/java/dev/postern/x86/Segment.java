package dev.postern.x86;

/** Segment registers in encoding order (SDM vol. 2 table B-8). */
public enum Segment {
  ES,
  CS,
  SS,
  DS,
  FS,
  GS
}

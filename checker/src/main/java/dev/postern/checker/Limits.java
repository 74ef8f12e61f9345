package dev.postern.checker;

/** What the checker is ready to spend on obligations and evidence it does not trust. */
public final class Limits {

  /** A trampoline's merged obligations have some ten thousand; a 128-bit division 50,000. */
  public static final int NODES = 1 << 24;

  /** Literals of all steps of a proof together: half a gigabyte of memory at most. */
  public static final int PROOF_LITERALS = 1 << 27;

  /** The term language's own limit. */
  public static final int WIDTH = 128;

  /** The printer nests at most 40 deep between definitions; readers recurse. */
  static final int NESTING = 100;

  private Limits() {}
}

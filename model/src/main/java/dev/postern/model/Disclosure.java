package dev.postern.model;

/**
 * What writes to a mapping may tell the source guest of protected memory: the destination's pages
 * and private state. The strict answer is nothing; a policy says where it is otherwise, as it says
 * of registers by {@code results}.
 */
public enum Disclosure {
  /** Which bytes are written where, and whether, is the same whatever protected memory holds. */
  NOTHING,

  /**
   * How often each instruction writes may depend on protected memory, as a used index does that
   * moves on when the destination has room. What it writes for the nth time, and where, may not.
   */
  PROGRESS,

  /** Anything: a receive buffer. */
  DATA
}

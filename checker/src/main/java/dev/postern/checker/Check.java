package dev.postern.checker;

/** The answer to a piece of evidence. */
public sealed interface Check {

  /** The obligation holds. */
  record Accepted() implements Check {}

  /** The evidence does not show it; which says nothing about the obligation. */
  record Rejected(String reason) implements Check {}
}

package dev.postern.verifier.map;

/** What a solver says of a question about maps, put to it slice by slice. */
public sealed interface SliceAnswer {

  /** No slice holds a violating key. {@code asked} of all {@code slices} went to the solver. */
  record Unviolated(int slices, int asked) implements SliceAnswer {}

  /**
   * {@code key} violates the question, and lies in the lowest slice with such a key.
   *
   * @param first first key of that slice
   * @param last its last key
   */
  record Violated(long key, long first, long last) implements SliceAnswer {}

  /** The solver gave up on a slice. */
  record Unknown(String reason) implements SliceAnswer {}
}

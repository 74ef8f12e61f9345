package dev.postern.verifier.map;

/**
 * Remembers a yes-or-no answer for each pair of class numbers, so that a predicate written in a
 * rule runs once per pair of values and not once per pair of ranges. Beyond a bound on memory it
 * asks every time.
 */
final class PairTable {

  /** 4 MiB of answers; maps with more pairs of values than this have nearly no repeats to save. */
  private static final long LIMIT = 1L << 22;

  private static final byte NO = 1;
  private static final byte YES = 2;

  /** The question behind the table. */
  interface Ask {
    boolean test(int row, int column);
  }

  private final int columns;
  private final byte[] answers;
  private final Ask ask;

  PairTable(int rows, int columns, Ask ask) {
    this.columns = columns;
    this.ask = ask;
    long cells = (long) rows * columns;
    this.answers = cells <= LIMIT ? new byte[(int) cells] : new byte[0];
  }

  boolean test(int row, int column) {
    if (answers.length == 0) {
      return ask.test(row, column);
    }
    int cell = row * columns + column;
    if (answers[cell] == 0) {
      answers[cell] = ask.test(row, column) ? YES : NO;
    }
    return answers[cell] == YES;
  }
}

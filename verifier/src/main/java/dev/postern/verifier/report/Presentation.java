package dev.postern.verifier.report;

/**
 * Where a report is going to be looked at. Only formats for people read it.
 *
 * @param width columns to fill
 * @param colour whether ANSI colours may be used
 * @param excerpts the lines of the policy's text
 */
public record Presentation(int width, boolean colour, Excerpts excerpts) {

  /** What a file gets: 80 columns, no colour. */
  public static Presentation plain(Excerpts excerpts) {
    return new Presentation(80, false, excerpts);
  }

  /** The same with or without colours. */
  public Presentation coloured(boolean wanted) {
    return new Presentation(width, wanted, excerpts);
  }

  public Presentation {
    if (width < 40) {
      throw new IllegalArgumentException("a report needs 40 columns, not " + width);
    }
  }
}

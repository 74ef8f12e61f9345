package dev.postern.verifier.concrete;

/** What an access does to memory, as EPT permissions see it. */
public enum AccessKind {
  READ("r"),
  WRITE("w"),
  FETCH("x");

  private final String letter;

  AccessKind(String letter) {
    this.letter = letter;
  }

  /** "r", "w" or "x". */
  public String letter() {
    return letter;
  }
}

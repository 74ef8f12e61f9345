package dev.postern.model;

/** A place in a policy's text; line and column count from 1, the column in code points. */
public record Location(String file, int line, int column) {

  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}

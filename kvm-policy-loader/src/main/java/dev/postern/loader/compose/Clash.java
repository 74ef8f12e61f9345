package dev.postern.loader.compose;

/**
 * Two installed things that are not safe together.
 *
 * @param obligation which fails on the union
 * @param installed what is there, as {@code policy/view.mapping}
 * @param next what would come
 */
public record Clash(String obligation, String installed, String next, String detail) {

  @Override
  public String toString() {
    return obligation + ": " + next + " and the installed " + installed + ": " + detail;
  }
}

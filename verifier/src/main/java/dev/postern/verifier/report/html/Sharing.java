package dev.postern.verifier.report.html;

import dev.postern.model.Frames;

/** Who has the same frames. */
final class Sharing {

  private Sharing() {}

  static boolean overlap(Frames a, Frames b) {
    long apart = b.offset() - a.offset();
    return a.owner().equals(b.owner())
        && (Long.compareUnsigned(apart, a.size()) < 0
            || Long.compareUnsigned(-apart, b.size()) < 0);
  }
}

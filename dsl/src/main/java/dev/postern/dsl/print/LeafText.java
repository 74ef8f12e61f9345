package dev.postern.dsl.print;

import dev.postern.dsl.resolve.Words;
import dev.postern.model.Leaf;

/** How leaf bits are written: all of them. */
final class LeafText {

  private LeafText() {}

  static String of(Leaf leaf) {
    String permission =
        (leaf.read() ? "r" : "") + (leaf.write() ? "w" : "") + (leaf.execute() ? "x" : "");
    return "%s memory-type %s pat %s"
            .formatted(
                permission.isEmpty() ? "none" : permission,
                Words.of(leaf.memoryType()),
                leaf.ignorePat() ? "ignored" : "honoured")
        + bit("user-execute", leaf.userExecute())
        + bit("accessed", leaf.accessed())
        + bit("dirty", leaf.dirty())
        + bit("verify-guest-paging", leaf.verifyGuestPaging())
        + bit("paging-write", leaf.pagingWrite())
        + bit("shadow-stack", leaf.supervisorShadowStack())
        + bit("sub-page", leaf.subPageWrite())
        + bit("suppress-ve", leaf.suppressVe());
  }

  private static String bit(String word, boolean on) {
    return " " + word + (on ? " on" : " off");
  }
}

package dev.postern.model;

import dev.postern.json.JsonException;
import java.util.Locale;

/**
 * A leaf's attributes as words, {@code "r-x wb ipat vgp sve"}: permissions ("u" appended for
 * user-execute), memory type, then each bit that is set, in the order of their positions.
 */
final class LeafText {

  private LeafText() {}

  static String write(Leaf leaf) {
    StringBuilder out = new StringBuilder(leaf.permissions());
    out.append(' ').append(type(leaf.memoryType()));
    word(out, leaf.ignorePat(), "ipat");
    word(out, leaf.accessed(), "accessed");
    word(out, leaf.dirty(), "dirty");
    word(out, leaf.verifyGuestPaging(), "vgp");
    word(out, leaf.pagingWrite(), "pw");
    word(out, leaf.supervisorShadowStack(), "sss");
    word(out, leaf.subPageWrite(), "spp");
    word(out, leaf.suppressVe(), "sve");
    return out.toString();
  }

  static Leaf read(String text, String pointer) throws JsonException {
    String[] words = text.split(" ", -1);
    for (MemoryType type : MemoryType.values()) {
      if (words.length > 1 && type(type).equals(words[1])) {
        java.util.List<String> bits = java.util.List.of(words);
        Leaf leaf =
            new Leaf(
                words[0].startsWith("r"),
                words[0].startsWith("w", 1),
                words[0].startsWith("x", 2),
                words[0].endsWith("u"),
                type,
                bits.contains("ipat"),
                bits.contains("accessed"),
                bits.contains("dirty"),
                bits.contains("vgp"),
                bits.contains("pw"),
                bits.contains("sss"),
                bits.contains("spp"),
                bits.contains("sve"));
        if (write(leaf).equals(text)) {
          return leaf;
        }
      }
    }
    throw JsonException.mismatch(pointer, "not the attributes of a leaf: \"" + text + "\"");
  }

  private static void word(StringBuilder out, boolean set, String word) {
    if (set) {
      out.append(' ').append(word);
    }
  }

  private static String type(MemoryType type) {
    return type.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

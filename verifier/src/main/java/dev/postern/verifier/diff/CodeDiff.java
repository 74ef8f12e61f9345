package dev.postern.verifier.diff;

import dev.postern.model.CodeImage;
import dev.postern.model.Mapping;
import dev.postern.model.View;
import dev.postern.verifier.diff.Change.Direction;
import dev.postern.x86.Decoded;
import dev.postern.x86.Decoder;
import dev.postern.x86.Disassembler;
import dev.postern.x86.Instruction;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Code that differs, side by side. */
final class CodeDiff {

  /** Lines of a listing; who needs more has the bundles. */
  private static final int LINES = 64;

  private CodeDiff() {}

  static List<Change> of(View old, View now) {
    List<Change> changes = new ArrayList<>();
    for (Mapping mapping : now.mappings()) {
      Optional<CodeImage> was =
          old.mappings().stream()
              .filter(m -> m.name().equals(mapping.name()))
              .findFirst()
              .flatMap(Mapping::image);
      if (was.isPresent()
          && mapping.image().isPresent()
          && !was.get().bytes().equals(mapping.image().get().bytes())) {
        changes.add(
            new Change(
                Direction.CHANGED,
                "view " + now.name() + ", code " + mapping.name(),
                "differs, first at +0x"
                    + Integer.toHexString(first(was.get(), mapping.image().get())),
                listing(was.get(), mapping.image().get())));
      }
    }
    return changes;
  }

  private static int first(CodeImage old, CodeImage now) {
    int i = 0;
    while (i < old.bytes().size()
        && i < now.bytes().size()
        && old.bytes().at(i) == now.bytes().at(i)) {
      i++;
    }
    return i;
  }

  /** Instructions of both, in step by offset; what is the same on both sides is left out. */
  private static List<String> listing(CodeImage old, CodeImage now) {
    SortedMap<Integer, String> left = instructions(old);
    SortedMap<Integer, String> right = instructions(now);
    TreeSet<Integer> offsets = new TreeSet<>(left.keySet());
    offsets.addAll(right.keySet());
    List<String> lines = new ArrayList<>();
    for (int offset : offsets) {
      String was = left.getOrDefault(offset, "");
      String is = right.getOrDefault(offset, "");
      if (!was.equals(is)) {
        if (lines.size() == LINES) {
          lines.add("and more");
          break;
        }
        lines.add("%5s  %-40s | %s".formatted("+" + Integer.toHexString(offset), was, is).strip());
      }
    }
    return lines;
  }

  private static SortedMap<Integer, String> instructions(CodeImage image) {
    byte[] bytes = image.bytes().toArray();
    SortedMap<Integer, String> out = new TreeMap<>();
    int at = 0;
    while (at < image.length()) {
      switch (Decoder.decode(bytes, at, bytes.length, Mode.BITS64)) {
        case Instruction instruction -> {
          out.put(at, Disassembler.text(instruction));
          at += instruction.length();
        }
        case Decoded.Foreign foreign -> {
          out.put(
              at, foreign.set() + " " + HexFormat.of().formatHex(bytes, at, at + foreign.length()));
          at += foreign.length();
        }
        case Decoded.Undefined _, Decoded.Reserved _, Decoded.Unsupported _, Decoded.Truncated _ ->
            out.put(at, "byte 0x" + Integer.toHexString(bytes[at++] & 0xff));
      }
    }
    return out;
  }
}

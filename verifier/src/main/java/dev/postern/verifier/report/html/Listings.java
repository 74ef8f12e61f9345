package dev.postern.verifier.report.html;

import dev.postern.model.CodeImage;
import dev.postern.model.Mapping;
import dev.postern.x86.Decoded;
import dev.postern.x86.Decoder;
import dev.postern.x86.Disassembler;
import dev.postern.x86.Instruction;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A mapping's code as 64-bit instructions, with what a gate says of its addresses. */
final class Listings {

  /**
   * A line of a listing: a label, or an instruction.
   *
   * @param mark what the gate says of the address, such as that it is a landing; often empty
   */
  record Line(long la, String label, String hex, String text, String mark) {}

  private Listings() {}

  static List<Line> of(Mapping mapping, Map<Long, String> marks) {
    CodeImage image = mapping.image().orElseThrow();
    byte[] bytes = image.bytes().toArray();
    Map<Integer, String> symbols = new HashMap<>();
    image.symbols().forEach((name, offset) -> symbols.merge(offset, name, (a, b) -> a + ", " + b));
    List<Line> lines = new ArrayList<>();
    int at = 0;
    while (at < image.length()) {
      long address = mapping.la().value() + at;
      if (symbols.containsKey(at)) {
        lines.add(new Line(address, symbols.get(at) + ":", "", "", ""));
      }
      int length = 1;
      String text = "";
      switch (Decoder.decode(bytes, at, bytes.length, Mode.BITS64)) {
        case Instruction instruction -> {
          length = instruction.length();
          text = Disassembler.text(instruction, address);
        }
        case Decoded.Undefined _ -> text = "(undefined)";
        case Decoded.Foreign foreign -> text = "(" + foreign.set() + ", not modelled)";
        case Decoded.Reserved _ -> text = "(reserved)";
        case Decoded.Unsupported _ -> text = "(not modelled)";
        case Decoded.Truncated _ -> text = "(cut)";
      }
      String hex = HexFormat.ofDelimiter(" ").formatHex(bytes, at, at + length);
      lines.add(new Line(address, "", hex, text, marks.getOrDefault(address, "")));
      at += length;
    }
    return lines;
  }
}

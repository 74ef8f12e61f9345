package dev.postern.dsl.print;

import static dev.postern.dsl.print.PolicyPrinter.hex;

import dev.postern.dsl.resolve.Words;
import dev.postern.model.CodeImage;
import dev.postern.model.Disclosure;
import dev.postern.model.Mapping;
import java.util.Map;

/** How a mapping is written: as {@code map}, whatever its role. */
final class MappingText {

  /** Bytes of code a line. */
  private static final int LINE = 32;

  private MappingText() {}

  static String of(Mapping mapping) {
    StringBuilder out = new StringBuilder();
    out.append("    map ")
        .append(FramesText.of(mapping.frames()))
        .append(" named ")
        .append(mapping.name())
        .append(" role ")
        .append(Words.of(mapping.role()))
        .append("\n        at ")
        .append(mapping.gpa())
        .append(" la ")
        .append(hex(mapping.la().value()))
        .append(" size ")
        .append(hex(mapping.size()))
        .append(" pages ")
        .append(Words.of(mapping.pageSize()))
        .append(mapping.perVcpu() ? " per-vcpu" : "")
        .append("\n        ")
        .append(LeafText.of(mapping.leaf()));
    if (mapping.discloses() != Disclosure.NOTHING) {
      out.append(" discloses ").append(Words.of(mapping.discloses()));
    }
    out.append('\n');
    mapping.image().ifPresent(image -> image(image, out));
    return out.toString();
  }

  private static void image(CodeImage image, StringBuilder out) {
    out.append("        image ")
        .append(image.unit())
        .append(':')
        .append(image.section())
        .append(" {\n");
    for (Map.Entry<String, Integer> symbol : image.symbols().entrySet()) {
      out.append("            symbol ")
          .append(PolicyPrinter.quoted(symbol.getKey()))
          .append(" at ")
          .append(hex(symbol.getValue()))
          .append('\n');
    }
    out.append("            bytes");
    for (int from = 0; from < image.length(); from += LINE) {
      String bytes = image.bytes().slice(from, Math.min(image.length(), from + LINE)).hex();
      out.append(from == 0 ? " " : "\n                  ").append('"').append(bytes).append('"');
    }
    out.append("\n        }\n");
  }
}

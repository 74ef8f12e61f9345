package dev.postern.dsl.resolve;

import dev.postern.dsl.Limits;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Location;
import dev.postern.x86.Assembler;
import dev.postern.x86.Assembly;
import dev.postern.x86.Mode;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Bytes, symbols and line places of one written section, at a linear address. */
final class ContentBuilder {

  /** What fills gaps and the rest of the last page: INT3, so that running into it traps. */
  static final byte FILL = (byte) 0xcc;

  /**
   * A section's content.
   *
   * @param symbols by name, offset from the section's start
   * @param complete whether there was no error
   */
  record Content(
      Bytes bytes, Map<String, Integer> symbols, List<CodeImage.Line> lines, boolean complete) {}

  private final Scope scope;
  private final long la;
  private final Map<String, Long> known;
  private final Map<Tree.Content, Bytes> files;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Map<String, Integer> symbols = new LinkedHashMap<>();
  private final Map<String, Location> places = new HashMap<>();
  private final List<CodeImage.Line> lines = new ArrayList<>();
  private boolean complete = true;

  /**
   * A builder for one section.
   *
   * @param la where it stands
   * @param known linear addresses of all symbols of the unit, this section's too
   * @param files content of the files it names
   */
  ContentBuilder(Scope scope, long la, Map<String, Long> known, Map<Tree.Content, Bytes> files) {
    this.scope = scope;
    this.la = la;
    this.known = known;
    this.files = files;
  }

  Content build(List<Tree.Content> items) {
    for (Tree.Content item : items) {
      if (bytes.size() > Limits.CODE_BYTES) {
        fail(
            Code.CODE_TOO_LARGE,
            item.at(),
            "more than " + Limits.CODE_BYTES + " bytes of code (limit CODE_BYTES)");
        break;
      }
      switch (item) {
        case Tree.HexBytes hex -> hex.lines().forEach(line -> append(line.at(), line.value()));
        case Tree.HexFile file -> hexFile(file);
        case Tree.BinaryFile file -> binaryFile(file);
        case Tree.Assembly assembly -> assemble(assembly);
        case Tree.Symbol symbol -> symbol(symbol);
        case Tree.Pad pad -> pad(pad);
      }
    }
    Bytes content = Bytes.of(bytes.toByteArray());
    symbols.forEach((name, offset) -> {
      Location place = places.get(name);
      if (place != null && offset > content.size()) {
        fail(
            Code.OUT_OF_RANGE,
            place,
            "symbol '%s' at 0x%x is past the section's %s bytes"
                .formatted(name, offset, Hex.of(content.size())));
      }
    });
    return new Content(content, Map.copyOf(symbols), List.copyOf(lines), complete);
  }

  private void fail(Code code, Location at, String message) {
    complete = false;
    scope.error(code, at, message);
  }

  private void append(Location at, String hex) {
    decode(at, hex).ifPresent(decoded -> append(at, decoded));
  }

  private void append(Location at, byte[] content) {
    if (content.length > 0) {
      lines.add(new CodeImage.Line(bytes.size(), at));
      bytes.writeBytes(content);
    }
  }

  private Optional<byte[]> decode(Location at, String text) {
    StringBuilder digits = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '_') {
        continue;
      }
      if (!HexFormat.isHexDigit(c)) {
        fail(Code.BAD_HEX, at, "'%s' is not a hexadecimal digit".formatted(printable(c)));
        return Optional.empty();
      }
      digits.append(c);
    }
    if (digits.length() % 2 != 0) {
      fail(
          Code.BAD_HEX, at, "%d hexadecimal digits are not whole bytes".formatted(digits.length()));
      return Optional.empty();
    }
    return Optional.of(HexFormat.of().parseHex(digits));
  }

  private static String printable(char c) {
    return Character.isISOControl(c) || Character.isSurrogate(c)
        ? "U+%04X".formatted((int) c)
        : Character.toString(c);
  }

  private void hexFile(Tree.HexFile file) {
    Bytes content = files.get(file);
    if (content == null) {
      complete = false;
      return;
    }
    String text = new String(content.toArray(), java.nio.charset.StandardCharsets.ISO_8859_1);
    StringBuilder hex = new StringBuilder(text.length());
    text.lines().forEach(line -> hex.append(line.split("#", 2)[0]).append('\n'));
    append(file.path().at(), hex.toString());
  }

  private void binaryFile(Tree.BinaryFile file) {
    Bytes content = files.get(file);
    if (content == null) {
      complete = false;
      return;
    }
    append(file.path().at(), content.toArray());
  }

  // ---- assembler text

  private void assemble(Tree.Assembly assembly) {
    List<Assembly.Line> source = new ArrayList<>();
    int number = assembly.at().line();
    int column = assembly.at().column();
    for (String text : assembly.text().split("\n", -1)) {
      source.add(new Assembly.Line(number, column, text));
      number++;
      column = 1;
    }
    Map<String, Long> others = new HashMap<>(known);
    AssemblyLabels.of(assembly.text()).forEach(others::remove);
    switch (Assembler.assemble(source, Mode.BITS64, la + bytes.size(), others)) {
      case Assembly.Failed failed -> {
        complete = false;
        for (Assembly.Problem problem : failed.problems()) {
          Location at = new Location(assembly.at().file(), problem.line(), problem.column());
          scope.diagnostics.add(
              Diagnostic.error(Code.ASSEMBLY, at, problem.message()).hint(problem.hint()));
        }
      }
      case Assembly.Code code -> {
        int start = bytes.size();
        for (Assembly.Place place : code.places()) {
          lines.add(
              new CodeImage.Line(
                  start + place.offset(), statement(assembly, source, place.line())));
        }
        bytes.writeBytes(code.bytes());
        code.labels().forEach((label, offset) -> define(label, assembly.at(), start + offset));
      }
    }
  }

  /** Where the text of a line starts behind its indentation. */
  private static Location statement(
      Tree.Assembly assembly, List<Assembly.Line> source, int number) {
    Assembly.Line line = source.get(number - assembly.at().line());
    int indent = line.text().length() - line.text().stripLeading().length();
    return new Location(assembly.at().file(), number, line.column() + indent);
  }

  // ---- symbols and filling

  private void symbol(Tree.Symbol symbol) {
    Optional<Long> offset =
        symbol
            .offset()
            .map(e -> scope.evaluator.between(e, "symbol offset", 0, Limits.CODE_BYTES))
            .orElse(Optional.of((long) bytes.size()));
    complete &= offset.isPresent();
    offset.ifPresent(o -> define(symbol.name(), symbol.at(), o.intValue()));
  }

  private void define(String name, Location at, int offset) {
    Location earlier = places.putIfAbsent(name, at);
    if (earlier != null) {
      complete = false;
      scope.diagnostics.add(
          Diagnostic.error(Code.DUPLICATE_NAME, at, "symbol '" + name + "' is defined twice")
              .also(earlier, "first defined here"));
      return;
    }
    symbols.put(name, offset);
  }

  private void pad(Tree.Pad pad) {
    Optional<Long> to =
        scope.evaluator.between(pad.to(), "offset to pad to", bytes.size(), Limits.CODE_BYTES);
    complete &= to.isPresent();
    to.ifPresent(target -> {
      while (bytes.size() < target) {
        bytes.write(FILL);
      }
    });
  }
}

package dev.postern.dsl.resolve;

import dev.postern.dsl.Limits;
import dev.postern.dsl.code.CodeUnit;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Location;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Bytes, symbols and line places of one section written out in a policy. */
final class ContentBuilder {

  /** What fills gaps and the rest of the last page: INT3, so that running into it traps. */
  static final byte FILL = (byte) 0xcc;

  /**
   * A section's content.
   *
   * @param complete whether there was no error
   */
  record Content(
      Bytes bytes, List<CodeUnit.Symbol> symbols, List<CodeImage.Line> lines, boolean complete) {}

  private final Scope scope;
  private final int section;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final List<CodeUnit.Symbol> symbols = new ArrayList<>();
  private final Map<String, Location> places = new HashMap<>();
  private final List<CodeImage.Line> lines = new ArrayList<>();
  private boolean complete = true;

  ContentBuilder(Scope scope, int section) {
    this.scope = scope;
    this.section = section;
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
    for (CodeUnit.Symbol symbol : symbols) {
      Location place = places.get(symbol.name());
      if (place != null && symbol.offset() > content.size()) {
        fail(
            Code.OUT_OF_RANGE,
            place,
            "symbol '%s' at 0x%x is past the section's %s bytes"
                .formatted(symbol.name(), symbol.offset(), Hex.of(content.size())));
      }
    }
    return new Content(content, List.copyOf(symbols), List.copyOf(lines), complete);
  }

  private void fail(Code code, Location at, String message) {
    complete = false;
    scope.error(code, at, message);
  }

  private void append(Location at, String hex) {
    decode(at, hex)
        .ifPresent(decoded -> {
          if (decoded.length > 0) {
            lines.add(new CodeImage.Line(bytes.size(), at));
            bytes.writeBytes(decoded);
          }
        });
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
    read(file.path())
        .ifPresent(content -> {
          String text = new String(content.toArray(), StandardCharsets.ISO_8859_1);
          StringBuilder hex = new StringBuilder(text.length());
          text.lines().forEach(line -> hex.append(line.split("#", 2)[0]).append('\n'));
          append(file.path().at(), hex.toString());
        });
  }

  private void binaryFile(Tree.BinaryFile file) {
    read(file.path())
        .ifPresent(content -> {
          lines.add(new CodeImage.Line(bytes.size(), file.path().at()));
          bytes.writeBytes(content.toArray());
        });
  }

  private Optional<Bytes> read(Tree.Text path) {
    Optional<Bytes> content =
        scope
            .sources
            .sibling(path)
            .flatMap(p -> scope.sources.bytes(p, path.at(), 4 * Limits.CODE_BYTES, "CODE_BYTES"));
    complete &= content.isPresent();
    return content;
  }

  private void assemble(Tree.Assembly assembly) {
    fail(Code.ASSEMBLY, assembly.at(), "assembler text is not supported yet");
  }

  private void symbol(Tree.Symbol symbol) {
    Optional<Long> offset =
        symbol
            .offset()
            .map(e -> scope.evaluator.between(e, "symbol offset", 0, Limits.CODE_BYTES))
            .orElse(Optional.of((long) bytes.size()));
    Location earlier = places.putIfAbsent(symbol.name(), symbol.at());
    if (earlier != null) {
      complete = false;
      scope.diagnostics.add(
          Diagnostic.error(
                  Code.DUPLICATE_NAME,
                  symbol.at(),
                  "symbol '" + symbol.name() + "' is defined twice")
              .also(earlier, "first defined here"));
      return;
    }
    complete &= offset.isPresent();
    offset.ifPresent(
        o -> symbols.add(new CodeUnit.Symbol(symbol.name(), Optional.of(section), false, o, true)));
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

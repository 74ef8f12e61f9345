package dev.postern.dsl;

import dev.postern.model.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Files too large or too strange to keep: {@code generated/NAME} beside a golden policy. */
final class GeneratedFiles {

  private static final Map<String, Supplier<byte[]>> FILES =
      Map.ofEntries(
          Map.entry("large.postern", () -> new byte[Limits.FILE_BYTES + 1]),
          Map.entry("many-words.postern", () -> text("; ".repeat(Limits.TOKENS + 1))),
          Map.entry("many-errors.postern", () -> text("$ ; ".repeat(1100))),
          Map.entry("latin1.postern", () -> text("// Gru\n// Gr\u00fc\u00dfe\n")),
          Map.entry("utf16.postern", () -> "\ufeffcpu {}".getBytes(StandardCharsets.UTF_16LE)),
          Map.entry("many-entries-1.postern", () -> manyEntries("a")),
          Map.entry("many-entries-2.postern", () -> manyEntries("b")),
          Map.entry("good.o", () -> good().bytes()),
          Map.entry("text.o", () -> text("not an object")),
          Map.entry("arm.o", () -> ElfFile.put16(good().bytes(), 18, 183)),
          Map.entry("truncated.o", () -> Arrays.copyOf(good().bytes(), 200)),
          Map.entry("headers-lie.o", () -> ElfFile.put16(good().bytes(), 60, 4000)),
          Map.entry("overlap.o", GeneratedFiles::overlap),
          Map.entry("got.o", () -> relocated(9)),
          Map.entry("new.o", () -> relocated(99)),
          Map.entry("pc8.o", () -> relocated(15)),
          Map.entry("executable", GeneratedFiles::executable));

  private GeneratedFiles() {}

  static Optional<Bytes> find(Path path) {
    if (path.getParent() == null || !path.getParent().endsWith("generated")) {
      return Optional.empty();
    }
    String name = path.getFileName().toString();
    if (name.matches("empty-\\d+")) {
      return Optional.of(Bytes.of());
    }
    return Optional.ofNullable(FILES.get(name)).map(f -> Bytes.of(f.get()));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] manyEntries(String vm) {
    return text(
        IntStream.rangeClosed(0, Limits.ENTRIES / 2)
            .mapToObj(i -> "memory m" + i + " " + 4096L * i + " size 4096\n")
            .collect(Collectors.joining("", "vm " + vm + " {\n", "}")));
  }

  /** jmp to {@code transmit} in another section; two local symbols of one name. */
  static ElfFile good() {
    ElfFile file = new ElfFile(ElfFile.REL);
    int trampoline = file.code(".trampoline", 0, 0x90, 0xe9, 0, 0, 0, 0);
    int code = file.code(".protected", 0, 0xc3);
    file.localSymbol("twice", trampoline, 0);
    file.localSymbol("twice", trampoline, 1);
    file.symbol("enter", trampoline, 0);
    file.relocate(trampoline, 2, 4, file.symbol("transmit", code, 0), -4);
    return file;
  }

  private static byte[] relocated(int type) {
    ElfFile file = new ElfFile(ElfFile.REL);
    int trampoline = file.code(".trampoline", 0, 0xe9, 0, 0, 0, 0);
    file.relocate(
        trampoline, 1, type, file.symbol("transmit", file.code(".protected", 0, 0xc3), 0), -4);
    return file.bytes();
  }

  private static byte[] overlap() {
    byte[] file = good().bytes();
    return ElfFile.put64(file, ElfFile.header(file, 2, 24), 64);
  }

  private static byte[] executable() {
    ElfFile file = new ElfFile(ElfFile.EXEC);
    file.code(".text", 0x40_1000, 0xc3);
    return file.bytes();
  }
}

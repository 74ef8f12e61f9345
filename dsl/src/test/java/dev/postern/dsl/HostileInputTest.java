package dev.postern.dsl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.DiagnosticPrinter;
import dev.postern.dsl.elf.ElfException;
import dev.postern.dsl.elf.ElfReader;
import dev.postern.model.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the text or the object: an answer, in bounded time, and never an exception. */
final class HostileInputTest {

  private static final Path POLICIES = Path.of("src/test/resources/policies");
  private static final Duration BOUND = Duration.ofSeconds(30);

  /** Compiles {@code text}; every file it names has the content {@code object}. */
  private static Compilation compile(byte[] text, byte[] object) {
    Path policy = Path.of("hostile.postern");
    Compilation compilation =
        PolicyCompiler.compile(
            policy,
            (path, limit) -> {
              byte[] content = path.equals(policy) ? text : object;
              return content.length > limit
                  ? new SourceReader.Answer.TooLarge()
                  : new SourceReader.Answer.Found(Bytes.of(content));
            });
    DiagnosticPrinter printer = new DiagnosticPrinter(compilation.texts());
    assertThat(compilation.diagnostics().stream().map(printer::print)).doesNotContain("");
    assertThat(compilation.policy().isEmpty())
        .isEqualTo(
            compilation.diagnostics().stream()
                .anyMatch(d -> d.severity() == Diagnostic.Severity.ERROR));
    return compilation;
  }

  private static Compilation compile(String text) {
    return compile(text.getBytes(StandardCharsets.UTF_8), new byte[0]);
  }

  private static List<Code> codes(Compilation compilation) {
    return compilation.diagnostics().stream().map(Diagnostic::code).distinct().toList();
  }

  @Test
  void hundredMegabytes(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("large.postern");
    byte[] chunk = new byte[1 << 20];
    Arrays.fill(chunk, (byte) ' ');
    try (var out = Files.newOutputStream(file)) {
      for (int i = 0; i < 100; i++) {
        out.write(chunk);
      }
    }
    assertThat(codes(PolicyCompiler.compile(file))).containsExactly(Code.FILE_TOO_LARGE);
  }

  @Test
  void noSuchPolicy() {
    assertThat(codes(PolicyCompiler.compile(Path.of("no", "such.postern"))))
        .containsExactly(Code.FILE_MISSING);
  }

  @Test
  void deviceFilesAreNotRead() {
    assertThat(codes(PolicyCompiler.compile(Path.of("/dev/zero"))))
        .containsExactly(Code.FILE_UNREADABLE);
  }

  /** Texts as large as the limit allows, each aimed at one way to be slow or to recurse. */
  static Stream<String> heavyTexts() {
    int words = Limits.TOKENS - 10;
    return Stream.of(
        "policy p version " + "(".repeat(10_000),
        "policy p version 1 " + "vm a { ".repeat(10_000),
        "policy p version 1" + "+1".repeat(words / 2 - 10),
        "policy p version 1" + "*2".repeat(words / 2 - 10),
        "policy p version 1\n" + "\"".repeat(1 << 20),
        "policy p version 1\nwaive a because \"" + "\\u{".repeat(1 << 20) + "\"",
        "policy p version 1\n" + "/*".repeat(1 << 20),
        "policy p version 1\n" + "asm {".repeat(200_000),
        "policy p version 1\n" + "asm ".repeat(400_000),
        "policy p version 1\n" + "x".repeat(1 << 20),
        "policy p version " + "9".repeat(1 << 20),
        "policy p version 1\n" + "}".repeat(400_000),
        "policy p version 1\n" + "vm ".repeat(400_000),
        "policy p version 1\nvm a source { lock " + "none ".repeat(400_000) + "}",
        "policy p version 1\n"
            + IntStream.range(0, 90_000)
                .mapToObj(i -> "const C" + i + " = C" + (i + 1))
                .collect(Collectors.joining("\n")),
        "policy p version 1\nvm a source {}\nview d of a index 0 exactly {\n"
            + IntStream.range(0, 30_000)
                .mapToObj(i -> "map host 0 at " + i + "*4096 size 4096 r")
                .collect(Collectors.joining("\n"))
            + "}",
        "policy p version 1\ncode c { section .t { asm {\n" + "l: jmp l\n".repeat(20_000) + "} } }",
        "policy p version 1\ncode c { section .t { asm {\n"
            + IntStream.range(0, 4_000)
                .mapToObj(i -> "l" + i + ": jmp l" + (3_999 - i))
                .collect(Collectors.joining("\n"))
            + "} } }");
  }

  @ParameterizedTest
  @MethodSource("heavyTexts")
  @Timeout(60)
  void heavyTextIsAnsweredInBoundedTime(String text) {
    long start = System.nanoTime();
    compile(text);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(BOUND);
  }

  // ---- random damage

  private static String sketch() {
    try {
      return Files.readString(POLICIES.resolve("sketch.postern"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static byte[] object() {
    try {
      return Files.readAllBytes(POLICIES.resolve("vhost_tx.o"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void undamagedTextAndObjectCompile() {
    assertThat(compile(sketch().getBytes(StandardCharsets.UTF_8), object()).policy()).isPresent();
  }

  /** Words of the sketch dropped, doubled, swapped, and replaced by others of the language. */
  @Property(tries = 200)
  void textWithOtherWordsNeverThrows(@ForAll long seed) {
    Random random = new Random(seed);
    List<String> words = new java.util.ArrayList<>(List.of(sketch().split("(?<=\\s)|(?=[\\s{}])")));
    for (int i = 0; i < 1 + random.nextInt(6); i++) {
      int at = random.nextInt(words.size());
      int other = random.nextInt(words.size());
      switch (random.nextInt(4)) {
        case 0 -> words.remove(at);
        case 1 -> words.add(at, words.get(other));
        case 2 -> java.util.Collections.swap(words, at, other);
        default -> words.set(at, words.get(other));
      }
    }
    compile(String.join("", words).getBytes(StandardCharsets.UTF_8), object());
  }

  @Property(tries = 150)
  void damagedTextNeverThrows(@ForAll long seed) {
    compile(damaged(sketch().getBytes(StandardCharsets.UTF_8), new Random(seed)), object());
  }

  @Property(tries = 150)
  void randomTextNeverThrows(@ForAll byte[] text) {
    compile(text, object());
  }

  @Property(tries = 2000)
  void damagedObjectNeverThrows(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] source = random.nextBoolean() ? object() : GeneratedFiles.good().bytes();
    byte[] damaged = damaged(source, random);
    assertThatCode(() -> readOrRefuse(damaged)).doesNotThrowAnyException();
    if (random.nextInt(8) == 0) {
      compile(sketch().getBytes(StandardCharsets.UTF_8), damaged);
    }
  }

  private static void readOrRefuse(byte[] object) {
    try {
      ElfReader.read("unit", Bytes.of(object));
    } catch (ElfException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @Test
  void everyTruncationOfAnObjectIsRefused() {
    byte[] whole = GeneratedFiles.good().bytes();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThat(refused(cut)).as("%d of %d bytes", length, whole.length).isTrue();
    }
    assertThat(refused(whole)).isFalse();
  }

  private static boolean refused(byte[] object) {
    try {
      ElfReader.read("unit", Bytes.of(object));
      return false;
    } catch (ElfException e) {
      return true;
    }
  }

  /** Bytes changed, preferably to values at the edges; pieces cut out or doubled. */
  private static byte[] damaged(byte[] source, Random random) {
    byte[] bytes = source.clone();
    int[] edges = {0, 1, 0x7f, 0x80, 0xff, 0x40};
    for (int i = 0; i < 1 + random.nextInt(8); i++) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          (byte) (random.nextBoolean() ? edges[random.nextInt(edges.length)] : random.nextInt(256));
    }
    if (random.nextInt(4) == 0) {
      bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length) + 1);
    }
    return bytes;
  }
}

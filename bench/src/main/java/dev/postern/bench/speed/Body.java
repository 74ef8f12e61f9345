package dev.postern.bench.speed;

import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The policy P1 with other protected code.
 *
 * @param code what it does before it scrubs its registers; RSI is the source's window
 * @param most instructions that the gate declares
 */
record Body(String code, int most) implements SourceReader {

  /**
   * {@code n} two-way branches, each on a byte of the source's window that nothing relates to the
   * others, so that there are 2^n paths.
   */
  static Body branches(int n) {
    return new Body(
        each(n, "cmp byte ptr [rsi+%1$d], 0\njz over%1$d\ninc rdx\nover%1$d:"), 3 * n + 64);
  }

  /**
   * The same with stack memory and calls: each branch keeps the byte on the private stack, and
   * calls one function for all, which changes what is there.
   */
  static Body calls(int n) {
    return new Body(
        "jmp begin\nfunction: lfence\nadd qword ptr [rsp+8], 3\nret\nbegin:\n"
            + each(
                n,
                """
                lfence
                lodsb
                push rax
                test al, al
                jz over%1$d
                call function
                over%1$d:
                pop rbx\
                """),
        16 * n + 64);
  }

  /** A loop of {@code bound} rounds, each of which loads from the source's window. */
  static Body loop(int bound) {
    return new Body(
        "again: lfence\nmovzx ebx, byte ptr [rsi+rdx]\ninc rdx\ncmp rdx, %d\njb again\n"
            .formatted(bound),
        5 * bound + 64);
  }

  private static String each(int n, String lines) {
    return IntStream.range(0, n)
        .mapToObj(i -> lines.formatted(i) + "\n")
        .collect(Collectors.joining());
  }

  @Override
  public Answer read(Path path, int limit) {
    return switch (String.valueOf(path.getFileName())) {
      case "body.postern" -> text(body());
      case "gate.postern" -> text(gate());
      default -> SourceReader.FILES.read(path, limit);
    };
  }

  private static Answer text(String text) {
    return new Answer.Found(Bytes.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  private String gate() {
    return """
    gate copy from default to tx {
        enter gate-page:enter  lands gate-page:entered  calls body:copy
        leave gate-page:leave  lands gate-page:left     returns through r15
        preserves r14 r15
        at most %d instructions
    }
    """
        .formatted(most);
  }

  private String body() {
    String scrub =
        Stream.of("edx", "ebx", "esi", "edi", "ebp", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d")
            .map("xor %1$s, %1$s\n"::formatted)
            .collect(Collectors.joining());
    return "code body asm {\ncopy: mov esi, 0x5000\nxor edx, edx\n"
        + code
        + scrub
        + "jmp 0x1040\n}\n";
  }
}

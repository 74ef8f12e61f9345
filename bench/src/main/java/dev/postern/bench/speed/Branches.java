package dev.postern.bench.speed;

import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The policy P1 with other protected code: {@code n} two-way branches, each on a byte of the
 * source's window that nothing relates to the others, so that there are 2^n paths.
 */
final class Branches implements SourceReader {

  private static final int BODY = 0x2000;
  private static final int LEAVE = 0x1040;

  private final int number;

  Branches(int number) {
    this.number = number;
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
        .formatted(3 * number + 64);
  }

  private String body() {
    StringBuilder code = new StringBuilder("code body\n    symbol copy\n");
    int length = 0;
    length += line("488d35f92f0000", code); // lea rsi, [5000]
    length += line("31d2", code); // xor edx, edx
    for (int branch = 0; branch < number; branch++) {
      length += line("80be" + little(branch) + "00", code); // cmp byte [rsi+branch], 0
      length += line("7403", code); // jz over the next
      length += line("48ffc2", code); // inc rdx
    }
    length += line("31d231db31f631ff31ed4531c04531c94531d24531db4531e44531ed", code);
    line("e9" + little(LEAVE - (BODY + length + 5)), code);
    return code.toString();
  }

  private static int line(String hex, StringBuilder code) {
    code.append("    bytes \"").append(hex).append("\"\n");
    return hex.length() / 2;
  }

  private static String little(int value) {
    return "%08x".formatted(Integer.reverseBytes(value));
  }
}

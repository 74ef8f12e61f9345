package dev.postern.bench.scale;

import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * The policy P1 with no lock and one full page of protected code: its own code, repeated to the
 * last byte, with no {@code CC} between. Every offset of it, and of the gate page, is a landing.
 */
final class DensePage implements SourceReader {

  private static final int PAGE = 4096;
  private static final int BODY = 0x2000;
  private static final int LEAVE = 0x1040;

  @Override
  public Answer read(Path path, int limit) {
    return switch (String.valueOf(path.getFileName())) {
      case "body.postern" -> text("code body\n    symbol copy\n    bytes \"" + body() + "\"\n");
      case "source.postern" ->
          text("vm fw source {\n    memory ram 0x4000_0000 size 16MiB\n    lock none\n}\n");
      default -> SourceReader.FILES.read(path, limit);
    };
  }

  private static Answer text(String text) {
    return new Answer.Found(Bytes.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String body() {
    StringBuilder code = new StringBuilder();
    while (code.length() / 2 + 64 <= PAGE) {
      code.append("488d35f92f0000488d3df23f0000b940000000f3a431d231db31f631ff31ed")
          .append("4531c04531c94531d24531db4531e44531ed");
      code.append("e9").append(little(LEAVE - (BODY + code.length() / 2 + 4)));
    }
    while (code.length() / 2 < PAGE) {
      code.append("90");
    }
    return HexFormat.of().formatHex(HexFormat.of().parseHex(code));
  }

  private static String little(int value) {
    return "%08x".formatted(Integer.reverseBytes(value));
  }
}

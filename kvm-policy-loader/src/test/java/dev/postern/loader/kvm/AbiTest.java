package dev.postern.loader.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.loader.kvm.Abi.Call;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The structures as Java lays them out are those of the header, as a C compiler lays them out. */
class AbiTest {

  private static final Path HEADER = Path.of("kernel/postern_abi.h").toAbsolutePath();

  @TempDir Path directory;

  @Test
  void everyOffsetSizeAndNumberIsTheHeaders() throws Exception {
    StringBuilder program =
        new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n#include \"")
            .append(HEADER)
            .append("\"\n#define SHOW(x) printf(\"%s %llu\\n\", #x, (unsigned long long)(x))\n")
            .append("int main(void)\n{\n");
    List<String> expected = new ArrayList<>();
    for (Call call : Call.values()) {
      String struct = call.layout().name().orElseThrow();
      show(program, "sizeof(struct " + struct + ")", call.layout().byteSize(), expected);
      for (String field : call.fields()) {
        show(
            program,
            "offsetof(struct " + struct + ", " + field + ")",
            call.offset(field),
            expected);
      }
      String name = call == Call.WRITE_PAGES ? "WRITE" : call.name();
      show(program, "POSTERN_" + name, Integer.toUnsignedLong(call.request()), expected);
    }
    show(program, "POSTERN_ABI_VERSION", Abi.VERSION, expected);
    show(program, "POSTERN_TABLE", Abi.TABLE, expected);
    show(program, "POSTERN_PRIVATE", Abi.PRIVATE, expected);
    show(program, "POSTERN_STATE_ACTIVE", Abi.STATE_ACTIVE, expected);
    show(program, "POSTERN_STATE_KILLED", Abi.STATE_KILLED, expected);
    program.append("return 0;\n}\n");
    assertThat(run(program.toString())).containsExactlyElementsOf(expected);
  }

  /** A structure with a field the other side does not know would have a hole or another size. */
  @Test
  void noStructureHasAHoleAndEachBeginsWithItsSize() {
    for (Call call : Call.values()) {
      long end = 0;
      for (String field : call.fields()) {
        assertThat(call.offset(field)).as("%s.%s", call, field).isEqualTo(end);
        end +=
            call.layout()
                .select(java.lang.foreign.MemoryLayout.PathElement.groupElement(field))
                .byteSize();
      }
      assertThat(call.layout().byteSize()).isEqualTo(end);
      assertThat(end % 8).as(call.name()).isZero();
      assertThat(call.fields().getFirst()).isEqualTo("size");
    }
  }

  private static void show(
      StringBuilder program, String expression, long value, List<String> expected) {
    program.append("SHOW(").append(expression).append(");\n");
    expected.add(expression + " " + Long.toUnsignedString(value));
  }

  private List<String> run(String program) throws IOException, InterruptedException {
    Path source = Files.writeString(directory.resolve("abi.c"), program);
    Path binary = directory.resolve("abi");
    Process compiler;
    try {
      compiler =
          new ProcessBuilder("gcc", "-Wall", "-Werror", "-o", binary.toString(), source.toString())
              .inheritIO()
              .start();
    } catch (IOException e) {
      System.out.println("SKIPPED: the C header's layout: no gcc");
      assumeTrue(false, "no gcc");
      throw e;
    }
    assertThat(compiler.waitFor()).isZero();
    Process process = new ProcessBuilder(binary.toString()).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    // The preprocessor prints a macro's name as it is written.
    return output.lines().map(String::strip).toList();
  }
}

package dev.postern.dsl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.postern.model.Frames;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The policy of the language's sketch, word for word, against a real object. */
final class SketchTest {

  private final Compilation compilation =
      PolicyCompiler.compile(Path.of("src/test/resources/policies/sketch.postern"));

  private Policy policy() {
    assertThat(compilation.diagnostics()).isEmpty();
    return compilation.policy().orElseThrow();
  }

  @Test
  void protectedViewMapsWhatItLists() {
    View tx = policy().view("tx").orElseThrow();
    assertThat(tx.mappings())
        .extracting(Mapping::name, Mapping::role, m -> m.gpa().value(), m -> m.leaf().permissions())
        .containsExactly(
            tuple("trampoline", Role.TRAMPOLINE, 0x8000_1000L, "r-x"),
            tuple("protected", Role.CODE, 0x8000_2000L, "r-x"),
            tuple("stack", Role.PRIVATE, 0x8000_3000L, "rw-"),
            tuple("ram", Role.SOURCE_WINDOW, 0x8100_0000L, "r--"),
            tuple("rx-ring", Role.DESTINATION_WINDOW, 0x9000_0000L, "rw-"),
            tuple("rx-buffers", Role.DESTINATION_WINDOW, 0x9100_0000L, "rw-"));
  }

  @Test
  void defaultViewHasMemoryAndTheSameTrampolineFrames() {
    View view = policy().view("default").orElseThrow();
    assertThat(view.mappings())
        .extracting(Mapping::role, Mapping::frames)
        .containsExactly(
            tuple(Role.RAM, new Frames(new Frames.Owner.Memory("fw", "ram"), 0, 2L << 30)),
            tuple(
                Role.TRAMPOLINE, new Frames(new Frames.Owner.Loader("tx", "trampoline"), 0, 4096)));
  }

  @Test
  void codeIsRelocatedToWhereItStands() {
    // jmp transmit: E9 rel32 at offset 0x11 of the trampoline, 0x8000_2000 - 0x8000_1016.
    Mapping trampoline = policy().view("tx").orElseThrow().mappings().getFirst();
    assertThat(trampoline.image().orElseThrow().bytes().slice(0x11, 0x16).hex())
        .isEqualTo("e9ea0f0000");
    // lea rsp, [rip + stack_top]: an absolute symbol, 0x8000_7000 - 0x8000_1011.
    assertThat(trampoline.image().orElseThrow().bytes().slice(0x0a, 0x11).hex())
        .isEqualTo("488d25ef5f0000");
  }

  @Test
  void gateIsGivenInLinearAddresses() {
    assertThat(policy().gates())
        .extracting(g -> g.enter().value(), g -> g.calls().value(), g -> g.left().value())
        .containsExactly(tuple(0x8000_1000L, 0x8000_2000L, 0x8000_101dL));
  }
}

package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisassemblerTest {

  private static Instruction decoded(String hex, Mode mode) {
    byte[] code = HexFormat.of().parseHex(hex);
    Decoded decoded = Decoder.decode(code, 0, code.length, mode);
    assertThat(decoded).as(hex).isInstanceOf(Instruction.class);
    assertThat(((Instruction) decoded).length()).as(hex).isEqualTo(code.length);
    return (Instruction) decoded;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BITS64 | 83f901 | cmp ecx, 1",
        "BITS64 | 488d25dc2f0000 | lea rsp, [rip+0x2fdc]",
        "BITS64 | f3a4 | rep movsb",
        "BITS64 | 64f3a4 | rep movsb byte ptr es:[rdi], byte ptr fs:[rsi]",
        "BITS64 | 67ac | lodsb al, byte ptr [esi]",
        "BITS64 | 488b44cf10 | mov rax, qword ptr [rdi+8*rcx+0x10]",
        "BITS64 | 4883e4f0 | and rsp, -0x10",
        "BITS64 | 65488b042528000000 | mov rax, qword ptr gs:[0x28]",
        "BITS64 | 0f01d4 | vmfunc",
        "BITS64 | d58001d4 | vmfunc",
        "BITS64 | 9d | popfq",
        "BITS64 | 48cf | iretq",
        "BITS64 | f0480fc70f | lock cmpxchg16b xmmword ptr [rdi]",
        "BITS64 | 8707 | xchg dword ptr [rdi], eax",
        "BITS64 | e300 | jrcxz 0x1002",
        "BITS64 | 67e300 | jecxz 0x1003",
        "BITS64 | ebfb | jmp 0xffd",
        "BITS64 | 0f8ef6ffffff | jle 0xffc",
        "BITS64 | 666a05 | data16 push 5",
        "BITS64 | 0f20d8 | mov rax, cr3",
        "BITS64 | 8ee0 | mov fs, ax",
        "BITS32 | 8d25dc2f0000 | lea esp, [0x2fdc]",
        "BITS32 | 9a785634123412 | call far 0x1234:0x12345678",
        "BITS32 | 66e90000 | data16 jmp 0x1004",
        "BITS16 | 0000 | add byte ptr [bx+si], al",
        "BITS16 | 8346fe01 | add word ptr [bp-2], 1",
        "BITS16 | eb00 | jmp 0x1002",
      })
  void textAtAnAddress(Mode mode, String hex, String text) {
    assertThat(Disassembler.text(decoded(hex, mode), 0x1000)).isEqualTo(text);
  }

  @Test
  void withoutAnAddressTargetsAreRelativeToTheInstruction() {
    assertThat(Disassembler.text(decoded("ebfb", Mode.BITS64))).isEqualTo("jmp .-3");
    assertThat(Disassembler.text(decoded("e8d10f0000", Mode.BITS64))).isEqualTo("call .+0xfd6");
  }

  /** In 16-bit code a branch wraps within the segment. */
  @Test
  void targetsWrapAtTheWidthOfTheInstructionPointer() {
    assertThat(Disassembler.text(decoded("ebfb", Mode.BITS16), 0)).isEqualTo("jmp 0xfffd");
    assertThat(Disassembler.text(decoded("ebfb", Mode.BITS32), 0)).isEqualTo("jmp 0xfffffffd");
  }
}

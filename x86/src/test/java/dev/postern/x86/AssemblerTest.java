package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.x86.Assembly.Line;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AssemblerTest {

  private static List<Line> lines(String text) {
    List<Line> lines = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      lines.add(new Line(lines.size() + 1, 1, line));
    }
    return lines;
  }

  private static Assembly.Code assembled(String text, Mode mode, long origin) {
    Assembly assembly = Assembler.assemble(lines(text), mode, origin);
    assertThat(assembly).as(text).isInstanceOf(Assembly.Code.class);
    return (Assembly.Code) assembly;
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(assembled(text, Mode.BITS64, 0x1000).bytes());
  }

  private static List<Assembly.Problem> problems(String text) {
    Assembly assembly = Assembler.assemble(lines(text), Mode.BITS64, 0x1000);
    assertThat(assembly).as(text).isInstanceOf(Assembly.Failed.class);
    return ((Assembly.Failed) assembly).problems();
  }

  /** The trampoline of policy P1; its page's digest is part of the specification. */
  @Test
  void trampolineOfPolicyP1() throws NoSuchAlgorithmException {
    Assembly.Code code =
        assembled(
            """
            enter:
                mov ecx, 1
                xor eax, eax
                vmfunc
                xor eax, eax        # mode probe
                .byte 0x40, 0x90
                test eax, eax
                jnz trap
                cmp ecx, 1
                jne trap
                mov eax, cs
                test al, 3
                jne trap
                lea rsp, [rip + 0x2fdc]
                push 2
                popfq
                lfence
                jmp 0x2000
            trap:
                vmcall
                jmp trap
                .byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc
            leave:
                xor ecx, ecx
                xor eax, eax
                vmfunc
                xor eax, eax
                .byte 0x40, 0x90
                test eax, eax
                jnz trap2
                test ecx, ecx
                jnz trap2
                lfence
                jmp r15
            trap2: vmcall
                jmp trap2
            """,
            Mode.BITS64,
            0x1000);
    byte[] page = new byte[4096];
    Arrays.fill(page, (byte) 0xCC);
    System.arraycopy(code.bytes(), 0, page, 0, code.bytes().length);
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(page)))
        .isEqualTo("46a191ce2637fa068e15fcd003cbb4b8069b1c24cd3e89984bfe4cb57ba7842e");
    assertThat(code.labels())
        .isEqualTo(Map.of("enter", 0, "trap", 0x2f, "leave", 0x40, "trap2", 0x59));
    assertThat(code.lineOf(7)).contains(4);
    assertThat(code.lineOf(0x2f)).contains(20);
  }

  /** Its protected code likewise. */
  @Test
  void protectedCodeOfPolicyP1() throws NoSuchAlgorithmException {
    Assembly.Code code =
        assembled(
            """
            lea rsi, [rip + 0x2ff9]
            lea rdi, [rip + 0x3ff2]
            mov ecx, 64
            rep movsb
            xor edx, edx
            xor ebx, ebx
            xor esi, esi
            xor edi, edi
            xor ebp, ebp
            xor r8d, r8d
            xor r9d, r9d
            xor r10d, r10d
            xor r11d, r11d
            xor r12d, r12d
            xor r13d, r13d
            jmp 0x1040
            """,
            Mode.BITS64,
            0x2000);
    byte[] page = new byte[4096];
    Arrays.fill(page, (byte) 0xCC);
    System.arraycopy(code.bytes(), 0, page, 0, code.bytes().length);
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(page)))
        .isEqualTo("348b2c178165688fc09c4a8feb959c3e7664ef0a9a7124e9d280099d87daf65b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mov rax, -1 | 48c7c0ffffffff",
        "mov rax, 0x1122334455667788 | 48b88877665544332211",
        "mov rax, 1_000 | 48c7c0e8030000",
        "MOV EAX, DWORD PTR [RBX+RCX*4+0x10] | 8b448b10",
        "mov eax, [rbx+4*rcx+16] | 8b448b10",
        "mov [rsp-8], rax | 48894424f8",
        "mov byte ptr [r13], 0xff | 41c64500ff",
        "mov rax, qword ptr gs:[0x28] | 65488b042528000000",
        "mov rax, cr3 | 0f20d8",
        "add rsp, 8 | 4883c408",
        "and rsp, -16 | 4883e4f0",
        "shl eax, 1 | d1e0",
        "shl eax, cl | d3e0",
        "lock cmpxchg16b [rdi] | f0480fc70f",
        "lock xadd [rdi], eax | f00fc107",
        "xchg [rdi], eax | 8707",
        "repne scasb | f2ae",
        "rep stosq | f348ab",
        "movzx eax, byte ptr [rsi] | 0fb606",
        "movsxd rax, edi | 4863c7",
        "call [rip+8] | ff1508000000",
        "jmp [rax] | ff20",
        "push qword ptr [rax] | ff30",
        "push rbp | 55",
        "ret | c3",
        "ret 8 | c20800",
        "iretq | 48cf",
        "nop | 90",
        "data16 nop | 6690",
        "nop dword ptr [rax+rax] | 0f1f0400",
        "setz al | 0f94c0",
        "cmovae ecx, edx | 0f43ca",
        "int 0x80 | cd80",
        "in al, dx | ec",
        "verw word ptr [rsp-8] | 0f006c24f8",
        "lgdt [rdi] | 0f0117",
        "addr32 lodsb | 67ac",
        "lods al, byte ptr fs:[rsi] | ''",
        ".quad 0x1122334455667788 | 8877665544332211",
        ".word 0x1122, -1 | 2211ffff",
        "a: .long b-a, 0 ; two | '' ",
      })
  void oneLine(String text, String expected) {
    if (text.startsWith("a:")) {
      assertThat(hex(text + "\nb:")).isEqualTo("0800000000000000");
    } else if (text.startsWith("lods")) {
      assertThat(hex("lodsb al, byte ptr fs:[rsi]")).isEqualTo("64ac");
    } else {
      assertThat(hex(text)).isEqualTo(expected);
    }
  }

  @Test
  void ripRelativeReachesLabelsAndSymbols() {
    assertThat(hex("lea rax, [rip+end]\nend:")).isEqualTo("488d0500000000");
    assertThat(hex("end:\nlea rax, [rip+end-1]")).isEqualTo("488d05f8ffffff");
    // The displacement counts from the end of the instruction, immediate included.
    assertThat(hex("cmp dword ptr [rip+end], 1\nend:")).isEqualTo("833d0000000001");
    Assembly assembly =
        Assembler.assemble(
            lines("mov rsi, [rip+window]\nmov rdi, window"),
            Mode.BITS64,
            0x1000,
            Map.of("window", 0x5000L));
    assertThat(assembly).isInstanceOf(Assembly.Code.class);
    assertThat(HexFormat.of().formatHex(((Assembly.Code) assembly).bytes()))
        .isEqualTo("488b35f93f0000" + "48c7c700500000");
  }

  @ParameterizedTest
  @ValueSource(ints = {125, 126, 127, 128, 129})
  void branchesGrowWhenTheyMust(int gap) {
    String filler = ".byte " + "0x90,".repeat(gap - 1) + "0x90\n";
    byte[] forward = assembled("jmp end\n" + filler + "end:", Mode.BITS64, 0).bytes();
    assertThat(forward[0] & 0xFF).isEqualTo(gap <= 127 ? 0xEB : 0xE9);
    byte[] backward = assembled("start:\n" + filler + "jz start", Mode.BITS64, 0).bytes();
    assertThat(backward).hasSize(gap + (gap <= 126 ? 2 : 6));
  }

  /** Code before them that grows takes no branch out of its target's reach. */
  @Test
  void branchesOverLittleStayShort() {
    String one = "jz over%1$d\ncall function\nover%1$d: nop\n";
    StringBuilder text = new StringBuilder("function: ret\n");
    for (int i = 0; i < 100; i++) {
      text.append(one.formatted(i));
    }
    assertThat(assembled(text.toString(), Mode.BITS64, 0x1000).bytes()).hasSize(1 + 100 * 8);
  }

  /** A chain in which each branch that grows pushes the next one's target out of reach. */
  @Test
  void growthPropagates() {
    StringBuilder text = new StringBuilder();
    int n = 40;
    for (int i = 0; i < n; i++) {
      text.append("jnz l").append(i).append('\n');
    }
    for (int i = 0; i < n; i++) {
      text.append(".long 0, 0\nl").append(i).append(":\n");
    }
    Assembly.Code code = assembled(text.toString(), Mode.BITS64, 0x1000);
    byte[] bytes = code.bytes();
    int at = 0;
    for (int i = 0; i < n; i++) {
      Instruction branch = (Instruction) Decoder.decode(bytes, at, bytes.length, Mode.BITS64);
      at += branch.length();
      Operand.Relative target = (Operand.Relative) branch.operands().getFirst();
      assertThat(at + target.displacement()).isEqualTo(code.labels().get("l" + i).longValue());
      assertThat(branch.length() == 2)
          .isEqualTo(target.displacement() >= -128 && target.displacement() <= 127);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'  foo eax' | 1:3 unknown instruction 'foo'",
        "'  .foo 1' | 1:3 unknown directive '.foo'",
        "mov eax, rbx | 1:1 no form of 'mov' takes (register, register) here",
        "mov [rax], 5 | 1:1 operand size is ambiguous",
        "movzx eax, [rbx] | 1:1 operand size is ambiguous",
        "jmp nowhere | 1:5 undefined label 'nowhere'",
        "mov eax, [rip+x] | 1:10 undefined label 'x'",
        "add rax, 0x80000000 | 1:1 no form of 'add' takes (register, value) here",
        "mov al, 256 | 1:1 no form of 'mov' takes (register, value) here",
        "mov eax, 0x | 1:10 '0x' is not a number of at most 64 bits",
        "mov eax, 0x1ffffffffffffffff | 1:10 '0x1ffffffffffffffff' is not a number of at most 64 bits",
        "mov eax, [rax+rbx+rcx] | 1:19 a third register in an address",
        "mov eax, [rax+rbx*3] | 1:15 scale 3 is not 1, 2, 4 or 8",
        "mov eax, [rax | 1:14 expected ']'",
        "mov eax, | 1:9 unexpected end of line",
        "mov eax ebx | 1:9 unexpected 'e'",
        "lock inc eax | 1:6 no form of 'inc' takes (register) here",
        "lock | 1:1 prefix 'lock' without an instruction",
        "add ah, r8b | 1:1 no form of 'add' takes (register, register) here",
        "jrcxz 0x9000 | 1:1 target 0x9000 is out of reach of 'jrcxz'",
        ".byte 256 | 1:7 value does not fit in 8 bits",
        ".byte | 1:1 .byte without a value",
        "rax: nop | 1:1 'rax' cannot be a label",
        "push es | 1:1 no form of 'push' takes (register) here",
        "mov eax, [bx+rcx] | 1:14 not a register that can stand here in an address",
      })
  void oneMistake(String text, String expected) {
    assertThat(problems(text).stream().map(p -> p.line() + ":" + p.column() + " " + p.message()))
        .containsExactly(expected);
  }

  @Test
  void everyMistakeIsReported() {
    assertThat(problems("foo\nmov eax, rbx\nx: nop\nx: nop\njmp y\n.byte 1,"))
        .extracting(p -> p.line() + ":" + p.column() + " " + p.message())
        .containsExactly(
            "1:1 unknown instruction 'foo'",
            "4:1 label 'x' is already defined",
            "5:5 undefined label 'y'",
            "6:9 unexpected end of line");
  }

  @Test
  void columnsAreThoseOfTheCaller() {
    Assembly assembly = Assembler.assemble(List.of(new Line(17, 12, "nop, nop")), Mode.BITS64, 0);
    assertThat(assembly)
        .isEqualTo(
            new Assembly.Failed(
                List.of(new Assembly.Problem(17, 15, "unexpected ','", Optional.empty()))));
  }

  /** assemble(text(i)) decodes to i: over every row, and branches keep their target. */
  @ParameterizedTest
  @EnumSource
  void everyRowReadsBack(Mode mode) {
    int instructions = 0;
    for (Row row : Forms.ROWS) {
      List<byte[]> samples = FormSamples.of(row.pattern());
      for (int i = 0; i < samples.size(); i += 7) {
        byte[] code = samples.get(i);
        if (Decoder.decode(code, 0, code.length, mode) instanceof Instruction instruction) {
          readsBack(instruction);
          instructions++;
        }
      }
    }
    assertThat(instructions).isGreaterThan(6_000);
  }

  @ParameterizedTest
  @EnumSource
  void randomInstructionsReadBack(Mode mode) {
    long seed = Long.getLong("postern.seed", System.nanoTime());
    System.out.println("assembler round trip, " + mode + ", seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 4_000; i++) {
      byte[] code = CodeStrings.next(random);
      if (Decoder.decode(code, 0, code.length, mode) instanceof Instruction instruction) {
        readsBack(instruction);
      }
    }
  }

  private static void readsBack(Instruction instruction) {
    byte[] canonical = Encoder.encode(instruction).orElseThrow();
    Mode mode = instruction.mode();
    Instruction expected = (Instruction) Decoder.decode(canonical, 0, canonical.length, mode);
    String text = Disassembler.text(expected, 0x1000);
    byte[] bytes = assembled(text, mode, 0x1000).bytes();
    assertThat(Decoder.decode(bytes, 0, bytes.length, mode)).as(text).isEqualTo(expected);
  }
}

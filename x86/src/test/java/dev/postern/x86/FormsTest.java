package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The table is in order with itself. */
class FormsTest {

  @Test
  void everyMnemonicAndOperandKindIsUsed() {
    Set<Mnemonic> mnemonics = EnumSet.noneOf(Mnemonic.class);
    Set<OperandKind> kinds = EnumSet.noneOf(OperandKind.class);
    for (Row row : Forms.ROWS) {
      if (row instanceof Form form) {
        mnemonics.add(form.mnemonic);
        kinds.addAll(form.operands);
      }
    }
    assertThat(EnumSet.complementOf(EnumSet.copyOf(mnemonics))).isEmpty();
    assertThat(EnumSet.complementOf(EnumSet.copyOf(kinds))).isEmpty();
  }

  /** Every mnemonic but those that differ by operands has a name of its own, which reads back. */
  @Test
  void everyMnemonicHasAFirstRowThatIsNoAlias() {
    for (Mnemonic mnemonic : Mnemonic.values()) {
      assertThat(FormIndex.forms(mnemonic)).as("%s", mnemonic).isNotEmpty();
    }
  }

  /** A row that an earlier one covers completely would never be consulted. */
  @Test
  void everyFormIsReachable() {
    List<String> dead = new ArrayList<>();
    for (Row row : Forms.ROWS) {
      if (row instanceof Form form && !reachable(form)) {
        dead.add(form.toString());
      }
    }
    assertThat(dead).isEmpty();
  }

  private static boolean reachable(Form form) {
    for (Mode mode : Mode.values()) {
      for (byte[] code : FormSamples.of(form.pattern())) {
        if (Decoder.decode(code, 0, code.length, mode) instanceof Instruction instruction
            && instruction.mnemonic() == form.mnemonic) {
          return true;
        }
      }
    }
    return false;
  }

  /** The refusals promised by the security model, §0 and H7, in words a report can print. */
  @Test
  void refusalsAreNamed() {
    assertThat(reason("06", Mode.BITS64)).isEqualTo("PUSH in 64-bit mode");
    assertThat(reason("d6", Mode.BITS64)).isEqualTo("SALC in 64-bit mode");
    assertThat(reason("3f", Mode.BITS64)).isEqualTo("AAS in 64-bit mode");
    assertThat(reason("ea0000000000", Mode.BITS64)).isEqualTo("JMP_FAR in 64-bit mode");
    assertThat(reason("f0ffc0", Mode.BITS64)).isEqualTo("LOCK INC");
    assertThat(reason("f20f01d4", Mode.BITS64)).startsWith("VMFUNC with a mandatory prefix");
    assertThat(reason("f00f01d4", Mode.BITS64)).isEqualTo("VMFUNC with LOCK");
    assertThat(reason("d50001d4", Mode.BITS64)).isEqualTo("APX REX2 D5 00 01");
    assertThat(reason("d58001d5", Mode.BITS64)).isEqualTo("APX REX2 D5 80 01 D5");
    assertThat(reason("66e90000", Mode.BITS64)).startsWith("JMP with 66 in 64-bit mode");
    assertThat(reason("c5f877", Mode.BITS64)).startsWith("VEX");
    assertThat(reason("d9c0", Mode.BITS64)).isEqualTo("x87");
    assertThat(reason("0f10c0", Mode.BITS64)).isEqualTo("SSE");
    assertThat(reason("0f50c0", Mode.BITS64)).isEqualTo("MMX or SSE");
    assertThat(reason("0f3800c0", Mode.BITS64)).isEqualTo("opcode 0F 38 00 is not in the table");
    assertThat(reason("0faec2", Mode.BITS64)).isEqualTo("reserved: group 15");
    assertThat(reason("f30faee8", Mode.BITS64)).startsWith("group 15");
    assertThat(reason("0f01d2", Mode.BITS64)).isEqualTo("reserved: group 7");
    assertThat(reason("0f01d6", Mode.BITS64)).startsWith("group 7");
    assertThat(reason("0f0a", Mode.BITS64)).isEqualTo("reserved: unassigned");
    assertThat(reason("f2a4", Mode.BITS64)).isEqualTo("reserved: F2 before MOVS");
    assertThat(reason("66".repeat(15) + "90", Mode.BITS64)).startsWith("longer than 15 bytes");
  }

  private static String reason(String hex, Mode mode) {
    byte[] code = HexFormat.of().parseHex(hex);
    return switch (Decoder.decode(code, 0, code.length, mode)) {
      case Decoded.Undefined undefined -> undefined.reason();
      case Decoded.Foreign foreign -> foreign.set();
      case Decoded.Reserved reserved -> "reserved: " + reserved.reason();
      case Decoded.Unsupported unsupported -> unsupported.reason();
      case Decoded.Truncated truncated -> "truncated";
      case Instruction instruction -> Disassembler.text(instruction);
    };
  }

  /** Every prefix of an instruction is truncated, and says how much was there. */
  @Test
  void truncationIsTold() {
    byte[] code = HexFormat.of().parseHex("65674881841844332211efcdab89");
    Decoded whole = Decoder.decode(code, 0, code.length, Mode.BITS64);
    assertThat(whole).isInstanceOf(Instruction.class);
    int length = ((Instruction) whole).length();
    for (int limit = 0; limit < length; limit++) {
      assertThat(Decoder.decode(code, 0, limit, Mode.BITS64))
          .isEqualTo(new Decoded.Truncated(limit));
    }
    assertThat(Decoder.decode(code, code.length, code.length, Mode.BITS64))
        .isEqualTo(new Decoded.Truncated(0));
  }
}

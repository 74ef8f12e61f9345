package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** decode(encode(i)) = i for every instruction the decoder can produce, but for its length. */
class EncoderTest {

  private static Instruction shortened(Instruction instruction, int length) {
    return new Instruction(
        instruction.mnemonic(),
        instruction.condition(),
        instruction.mode(),
        length,
        instruction.operandSize(),
        instruction.addressSize(),
        instruction.repeat(),
        instruction.lock(),
        instruction.operands());
  }

  /** Returns the shortest encoding after checking the round trip. */
  private static byte[] roundTrip(Instruction instruction) {
    Optional<byte[]> encoded = Encoder.encode(instruction);
    assertThat(encoded).as("%s", instruction).isPresent();
    byte[] bytes = encoded.get();
    assertThat(bytes).as("%s", instruction).hasSizeLessThanOrEqualTo(instruction.length());
    Decoded back = Decoder.decode(bytes, 0, bytes.length, instruction.mode());
    assertThat(back).isEqualTo(shortened(instruction, bytes.length));
    return bytes;
  }

  @ParameterizedTest
  @EnumSource
  void everyRowRoundTrips(Mode mode) {
    int instructions = 0;
    for (Row row : Forms.ROWS) {
      for (byte[] code : FormSamples.of(row.pattern())) {
        if (Decoder.decode(code, 0, code.length, mode) instanceof Instruction instruction) {
          byte[] bytes = roundTrip(instruction);
          assertThat(Encoder.encode(instruction)).contains(bytes);
          instructions++;
        }
      }
    }
    assertThat(instructions).isGreaterThan(40_000);
  }

  @ParameterizedTest
  @EnumSource
  void randomInstructionsRoundTrip(Mode mode) {
    long seed = Long.getLong("postern.seed", System.nanoTime());
    System.out.println("encoder round trip, " + mode + ", seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    int canonical = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] code = CodeStrings.next(random);
      if (Decoder.decode(code, 0, code.length, mode) instanceof Instruction instruction) {
        byte[] bytes = roundTrip(instruction);
        canonical += Arrays.equals(bytes, Arrays.copyOf(code, instruction.length())) ? 1 : 0;
      }
    }
    assertThat(canonical).isGreaterThan(10_000);
  }

  /** No row is dead: each is some encoding of some instruction, in some mode. */
  @Test
  void everyRowIsProduced() {
    List<String> dead = new ArrayList<>();
    for (Row row : Forms.ROWS) {
      if (row instanceof Form form && !form.has(Form.Attribute.ALIAS) && !produced(form)) {
        dead.add(form.toString());
      }
    }
    assertThat(dead).isEmpty();
  }

  private static boolean produced(Form form) {
    for (Mode mode : Mode.values()) {
      for (byte[] code : FormSamples.of(form.pattern())) {
        if (Decoder.decode(code, 0, code.length, mode) instanceof Instruction instruction
            && instruction.mnemonic() == form.mnemonic) {
          byte[] given = Arrays.copyOf(code, instruction.length());
          for (byte[] bytes : Encoder.encodings(instruction)) {
            if (Arrays.equals(given, bytes)) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }

  /** What GNU as writes for the same text, where the choice among equal encodings is ours. */
  @Test
  void prefersWhatGnuAsPrefers() {
    for (String hex :
        List.of(
            "b901000000",
            "31c0",
            "0f01d4",
            "83f901",
            "8cc8",
            "a803",
            "488d25dc2f0000",
            "6a02",
            "9d",
            "0faee8",
            "e9d10f0000",
            "0f01c1",
            "ebfb",
            "31c9",
            "85c9",
            "41ffe7",
            "488d35f92f0000",
            "f3a4",
            "4531ed",
            "4889c3",
            "48c7c0ffffffff",
            "48b80f01d49090909090",
            "f3480fb8c7",
            "66f30fbdc1",
            "f0480fc70f",
            "65488b042528000000",
            "67f3a5",
            "4883c410",
            "0f1f00",
            "f30f1efa",
            "c3",
            "48cf",
            "c9",
            "55",
            "4157",
            "ff15bc020000")) {
      byte[] bytes = HexFormat.of().parseHex(hex);
      Decoded decoded = Decoder.decode(bytes, 0, bytes.length, Mode.BITS64);
      assertThat(decoded).as(hex).isInstanceOf(Instruction.class);
      assertThat(Encoder.encode((Instruction) decoded).map(HexFormat.of()::formatHex))
          .contains(hex);
    }
  }

  @Test
  void whatHasNoEncodingIsRefused() {
    Operand high = new Operand.Register(Gpr.RAX, 8, true);
    Operand extended = new Operand.Register(Gpr.R8, 8, false);
    Instruction impossible =
        new Instruction(
            Mnemonic.ADD,
            Optional.empty(),
            Mode.BITS64,
            1,
            8,
            64,
            Repeat.NONE,
            false,
            List.of(high, extended));
    assertThat(Encoder.encode(impossible)).as("AH with REX").isEmpty();
  }

  /** The opcode column says ib, iz, cb, … as the SDM does; the operand column must agree. */
  @Test
  void opcodeColumnsNameTheirImmediates() {
    Set<String> wrong = new HashSet<>();
    for (Row row : Forms.ROWS) {
      if (row instanceof Form form) {
        String expected = immediates(form);
        String written = form.pattern().text().replaceAll("[^ ]*[A-Z0-9/=][^ ]*|mem", "").trim();
        if (!expected.equals(written.replaceAll(" +", " "))) {
          wrong.add(form + ": operands say '" + expected + "'");
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static String immediates(Form form) {
    List<String> names = new ArrayList<>();
    for (OperandKind kind : form.operands) {
      switch (kind) {
        case Ib, sIb -> names.add("ib");
        case Iw -> names.add("iw");
        case Iz -> names.add("iz");
        case Iv -> names.add("iv");
        case Jb -> names.add("cb");
        case Jz -> names.add("cz");
        case Ap -> names.add("cp");
        default -> {}
      }
    }
    return String.join(" ", names);
  }
}

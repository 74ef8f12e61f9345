package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.x86.DecoderOracle.Answer;
import dev.postern.x86.DecoderOracle.Question;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Our decoder against Zydis and against GNU binutils, in all three modes: the same length, the same
 * name, the same answer to "is it an instruction" and to "is it VMFUNC". Every disagreement is one
 * of {@link Difference}, by name, or the test fails.
 *
 * <p>An {@link Decoded.Unsupported} or {@link Decoded.Reserved} answer claims nothing of what the
 * bytes do, so there is nothing to compare, except that it must not hide a VMFUNC.
 */
class DecoderOracleTest {

  /** A comparison: what was asked, what we and the oracle say. */
  record Case(String oracle, Question question, Decoded ours, Answer theirs) {

    boolean undefined(String... prefixes) {
      if (ours instanceof Decoded.Undefined undefined && theirs.length() != 0) {
        for (String prefix : prefixes) {
          if (undefined.reason().startsWith(prefix)) {
            return true;
          }
        }
      }
      return false;
    }

    boolean decoded(Mnemonic... mnemonics) {
      return ours instanceof Instruction instruction
          && List.of(mnemonics).contains(instruction.mnemonic());
    }

    boolean binutils() {
      return oracle.equals("binutils");
    }

    @Override
    public String toString() {
      return "%s %s %s: we say %s, %s says %s"
          .formatted(
              oracle,
              question.mode(),
              HexFormat.of().formatHex(question.code()),
              ours,
              oracle,
              theirs);
    }
  }

  /** The known disagreements, each with who is right and why. */
  enum Difference {
    /** SDM vol. 2 LOCK: #UD on any other instruction. objdump prints the prefix regardless. */
    BINUTILS_PRINTS_LOCK_ON_ANYTHING(c -> c.binutils() && c.undefined("LOCK ")),
    /**
     * Where an instruction runs past 15 bytes, objdump prints its prefixes one by one, or, when it
     * was asked without the stale REX prefixes, an instruction that fits only without them.
     */
    BINUTILS_SEES_LESS_OF_WHAT_IS_TOO_LONG(c -> c.binutils() && c.undefined("longer than 15")),
    /** In no manual for long; Zydis knows it, and {@link RealCpuTest} executes it. */
    BINUTILS_DOES_NOT_KNOW_SALC(c -> c.binutils() && c.decoded(Mnemonic.SALC)),
    /** It joins FWAIT with what follows, as assemblers write it, or prints its prefixes apart. */
    BINUTILS_JOINS_FWAIT(
        c -> c.binutils() && c.ours instanceof Decoded.Foreign f && f.set().equals("x87 (FWAIT)")),
    /** Real CPUs ignore ModRM.rm in the fences ({@code 0F AE E9} executed on silicon). */
    BINUTILS_WANTS_FENCE_RM_ZERO(c ->
        c.binutils()
            && c.decoded(Mnemonic.LFENCE, Mnemonic.MFENCE, Mnemonic.SFENCE)
            && c.theirs.length() == 0),
    /** F2 is ignored before BSF and BSR ({@code F2 0F BC} executed as BSF on silicon). */
    BINUTILS_REFUSES_F2_BEFORE_BIT_SCANS(
        c -> c.binutils() && c.decoded(Mnemonic.BSF, Mnemonic.BSR) && c.theirs.length() == 0),
    /** SDM vol. 2 MOV: #UD ({@code 8E F0}, {@code 8C F0} raised it on silicon). */
    BINUTILS_PRINTS_SEGMENT_REGISTERS_THAT_ARE_NOT(
        c -> c.binutils() && c.undefined("segment register", "MOV to CS")),
    /** SDM vol. 2 MOV to/from control and debug registers: #UD. */
    BINUTILS_PRINTS_CONTROL_REGISTERS_THAT_ARE_NOT(
        c -> c.binutils() && c.undefined("control register", "debug register")),
    /**
     * SDM (2026) says {@code NP 0F 01 D4}, older manuals do not say NP: such bytes count as VMFUNC
     * for the scanner, and their decoding is unsupported, hence unknown.
     */
    VMFUNC_WITH_MANDATORY_PREFIX(c ->
        c.ours instanceof Decoded.Unsupported u
            && u.reason().startsWith("VMFUNC with")
            && c.theirs.name().equals("vmfunc")),
    /** Both are older than APX: D5 in 64-bit mode is invalid to them. */
    OLDER_THAN_REX2(c -> c.decoded(Mnemonic.VMFUNC) && c.theirs.length() == 0);

    private final Predicate<Case> predicate;

    Difference(Predicate<Case> predicate) {
      this.predicate = predicate;
    }

    static Optional<Difference> of(Case c) {
      for (Difference difference : values()) {
        if (difference.predicate.test(c)) {
          return Optional.of(difference);
        }
      }
      return Optional.empty();
    }
  }

  private static boolean agree(Case c) {
    return switch (c.ours) {
      case Instruction instruction ->
          instruction.length() == c.theirs.length()
              && OracleNames.same(instruction, c.theirs.name());
      case Decoded.Foreign foreign ->
          foreign.length() == c.theirs.length() && !c.theirs.name().equals("vmfunc");
      case Decoded.Undefined undefined -> c.theirs.length() == 0;
      case Decoded.Reserved reserved -> !c.theirs.name().equals("vmfunc");
      case Decoded.Unsupported unsupported -> !c.theirs.name().equals("vmfunc");
      case Decoded.Truncated truncated -> false;
    };
  }

  /**
   * SDM vol. 2 §2.2.1: a REX prefix not immediately before the opcode is ignored, and belongs to
   * the instruction. objdump prints it as an instruction of its own, so it is asked without.
   */
  private static byte[] withoutStaleRex(Question question) {
    byte[] code = question.code();
    byte[] kept = new byte[code.length];
    int n = 0;
    int i = 0;
    while (i < code.length && isPrefix(code[i], question.mode())) {
      boolean rex = (code[i] & 0xF0) == 0x40;
      if (!(rex && i + 1 < code.length && isPrefix(code[i + 1], question.mode()))) {
        kept[n++] = code[i];
      }
      i++;
    }
    System.arraycopy(code, i, kept, n, code.length - i);
    return Arrays.copyOf(kept, n + code.length - i);
  }

  private static boolean isPrefix(byte code, Mode mode) {
    return switch (code & 0xFF) {
      case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 -> true;
      default -> mode == Mode.BITS64 && (code & 0xF0) == 0x40;
    };
  }

  /** Asks, and counts the bytes left out back in. */
  private static List<Answer> ask(String name, DecoderOracle oracle, List<Question> questions)
      throws IOException {
    if (!name.equals("binutils")) {
      return oracle.ask(questions);
    }
    List<Question> shortened = new ArrayList<>();
    for (Question question : questions) {
      shortened.add(new Question(question.mode(), withoutStaleRex(question)));
    }
    List<Answer> answers = new ArrayList<>(oracle.ask(shortened));
    for (int i = 0; i < answers.size(); i++) {
      int left = questions.get(i).code().length - shortened.get(i).code().length;
      Answer answer = answers.get(i);
      if (left > 0 && answer.length() > 0) {
        answers.set(i, new Answer(answer.length() + left, answer.name()));
      }
    }
    return answers;
  }

  /** Compares and collects; fails on the first batch with an unexplained difference. */
  private static final class Comparison {
    private final Map<Difference, Long> explained = new EnumMap<>(Difference.class);
    private final Map<String, Long> answers = new TreeMap<>();
    private long vmfunc;

    void run(String name, DecoderOracle oracle, List<Question> questions) throws IOException {
      List<Answer> theirs = ask(name, oracle, questions);
      List<Case> unexplained = new ArrayList<>();
      for (int i = 0; i < questions.size(); i++) {
        Question question = questions.get(i);
        byte[] code = question.code();
        Decoded ours = Decoder.decode(code, 0, code.length, question.mode());
        Case c = new Case(name, question, ours, theirs.get(i));
        answers.merge(ours.getClass().getSimpleName(), 1L, Long::sum);
        vmfunc += c.decoded(Mnemonic.VMFUNC) ? 1 : 0;
        if (!agree(c)) {
          Difference.of(c)
              .ifPresentOrElse(
                  difference -> explained.merge(difference, 1L, Long::sum),
                  () -> unexplained.add(c));
        }
      }
      assertThat(unexplained.stream().limit(20)).isEmpty();
    }

    void report(String name) {
      System.out.println("decoder against " + name + ": " + answers + ", VMFUNC " + vmfunc);
      explained.forEach((difference, count) -> System.out.println("  " + count + " " + difference));
      assertThat(vmfunc).as("VMFUNC was among the strings").isPositive();
      assertThat(answers.keySet())
          .contains("Instruction", "Foreign", "Undefined", "Reserved", "Unsupported");
    }
  }

  private static void randomStrings(String name, Optional<DecoderOracle> started, long strings)
      throws IOException {
    if (started.isEmpty()) {
      return;
    }
    long seed = Long.getLong("postern.seed", System.nanoTime());
    System.out.println("decoder against " + name + ": " + strings + " strings, seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Comparison comparison = new Comparison();
    try (DecoderOracle oracle = started.get()) {
      for (long done = 0; done < strings; done += 8192) {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 8192; i++) {
          byte[] code = CodeStrings.next(random);
          for (Mode mode : Mode.values()) {
            questions.add(new Question(mode, code));
          }
        }
        comparison.run(name, oracle, questions);
      }
    }
    comparison.report(name);
  }

  /** Every row under each of several prefixes, with every shape of ModRM. */
  private static void everyRow(String name, Optional<DecoderOracle> started) throws IOException {
    if (started.isEmpty()) {
      return;
    }
    Comparison comparison = new Comparison();
    try (DecoderOracle oracle = started.get()) {
      for (Row row : Forms.ROWS) {
        List<Question> questions = new ArrayList<>();
        for (byte[] code : FormSamples.of(row.pattern())) {
          for (Mode mode : Mode.values()) {
            questions.add(new Question(mode, code));
          }
        }
        comparison.run(name, oracle, questions);
      }
    }
    comparison.report(name);
  }

  @Test
  void everyRowAgreesWithZydis() throws IOException, InterruptedException {
    everyRow("zydis", DecoderOracle.zydis());
  }

  @Test
  void everyRowAgreesWithBinutils() throws IOException, InterruptedException {
    everyRow("binutils", DecoderOracle.binutils());
  }

  @Test
  void randomBytesAgreeWithZydis() throws IOException, InterruptedException {
    randomStrings("zydis", DecoderOracle.zydis(), 200_000);
  }

  @Test
  void randomBytesAgreeWithBinutils() throws IOException, InterruptedException {
    randomStrings("binutils", DecoderOracle.binutils(), 200_000);
  }

  @Test
  @Tag("slow")
  void tenMillionRandomStringsAgreeWithZydis() throws IOException, InterruptedException {
    randomStrings("zydis", DecoderOracle.zydis(), 10_000_000);
  }

  @Test
  @Tag("slow")
  void tenMillionRandomStringsAgreeWithBinutils() throws IOException, InterruptedException {
    randomStrings("binutils", DecoderOracle.binutils(), 10_000_000);
  }
}

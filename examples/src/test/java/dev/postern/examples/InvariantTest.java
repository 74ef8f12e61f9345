package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.evidence.Auditor;
import dev.postern.verifier.evidence.EvidenceCache;
import dev.postern.verifier.evidence.EvidenceMaker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a policy says of a loop is believed where it holds, and nowhere else. The loop of {@code
 * T53-bound-said} is proved with what the policy says.
 */
class InvariantTest {

  private static final Path FILE = Examples.file("attacks/T53-bound-said.postern");
  private static final String SAID = "rsi + rcx = 5120; rcx <= 5120";

  /** What is behind the loop there. */
  private static final String SCRUBBED =
      Stream.of("ecx edx ebx esi edi ebp r8d r9d r10d r11d r12d r13d".split(" "))
              .map("xor %1$s, %1$s\n"::formatted)
              .collect(Collectors.joining())
          + "jmp 0x1040\n";

  /** Each of these is false, or too weak; none of them helps to prove anything. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "rsi + rcx = 5119; rcx <= 5120",
        "rsi + rcx = 5121; rcx <= 5121",
        "rsi + 2 * rcx = 10240; rcx <= 5120",
        "rsi + rcx = 5120; rcx <= 5119",
        "rsi + rcx = 5120; rcx < 5120",
        "rsi - rcx = 5120; rcx <= 5120",
        "rsi <= 64; rcx <= 5120",
        "rsi = 0; rcx = 5120",
        "rsi + rcx = 5120; rcx = 2",
        "[rsp + 8] = 0",
        "[rsp] < [rsp]",
        "1 = 0",
      })
  void aFalseWordIsNotBelieved(String words) {
    // Of few rounds: what is not believed is unrolled, for the run that shows what is wrong.
    Report report = verify(words, "at most 300 instructions");

    assertThat(report.outcome()).isNotEqualTo(Verdict.PROVED);
    assertThat(report.findings())
        .filteredOn(finding -> finding.rule().equals("accesses-in-windows"))
        .anySatisfy(finding -> {
          assertThat(finding.verdict()).isEqualTo(Verdict.UNKNOWN);
          assertThat(finding.reason())
              .hasValueSatisfying(why ->
                  assertThat(why)
                      .contains("what the policy says at ")
                      .contains(":" + line() + ":5 of the loop"));
        });
  }

  /**
   * A loop, and what is said of it.
   *
   * @param code from {@code copy} on, with the loop's head at {@code again}
   * @param words true of it, and enough for the next round
   * @param mistaken each false of it, or of another place
   */
  record Loop(String name, String code, String words, List<String> mistaken) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** No words that the language has are enough. */
  private static final String NOTHING = "";

  /** Most go round more often than is unrolled. */
  static final List<Loop> LOOPS =
      List.of(
          new Loop(
              "counts up, and in the last round furthest",
              "xor ecx, ecx; again: inc ecx; cmp ecx, 40; jb again",
              "rcx <= 39",
              List.of("rcx <= 38", "rcx = 0", "1 <= rcx", "rcx - 1 <= 38", "rcx <= 5; 6 <= rcx")),
          new Loop(
              "counts down",
              "mov ecx, 30; again: dec ecx; jnz again",
              "1 <= rcx; rcx <= 30",
              List.of("1 <= rcx; rcx <= 29", "2 <= rcx; rcx <= 30", "rcx < rcx", "0 = 1")),
          new Loop(
              "counts up to zero, which has no sign",
              "mov rcx, -20; again: inc rcx; jnz again",
              "rcx >= 0xffff_ffff_ffff_ffec",
              List.of(
                  "rcx <= 0x7fff_ffff_ffff_ffff", "rcx <= 20", "rcx + 19 < 0xffff_ffff_0000_0000")),
          new Loop(
              "changes a byte of a register",
              "mov ecx, 0x500; mov cl, 20; again: dec cl; jnz again",
              "0x501 <= rcx; rcx <= 0x514",
              List.of("rcx <= 20", "rcx <= 0x513", "0x502 <= rcx")),
          new Loop(
              "changes a byte of what the source wrote",
              "mov rcx, [0x5000]; mov cl, 20; again: dec cl; jnz again",
              NOTHING,
              List.of("rcx <= 20", "rcx <= 0xff")),
          new Loop(
              "loads in each round",
              "mov ecx, 30; mov edx, 5; again: lfence; mov edx, [0x5000]; dec ecx; jnz again",
              "rdx <= 0xffff_ffff; 1 <= rcx; rcx <= 30",
              List.of("rdx <= 5; 1 <= rcx; rcx <= 30", "rdx = 5", "rdx < 0xffff_ffff")),
          new Loop(
              "is entered from two places",
              "mov ecx, 20; test byte ptr [0x5000], 1; jz again; mov ecx, 30;"
                  + " again: dec ecx; jnz again",
              "1 <= rcx; rcx <= 30",
              List.of("1 <= rcx; rcx <= 20", "1 <= rcx; rcx <= 29", "2 <= rcx; rcx <= 30")),
          new Loop(
              "is entered in the middle as well",
              "mov ecx, 20; test byte ptr [0x5000], 1; jz again; mov ecx, 30; jmp middle;"
                  + " again: nop; middle: dec ecx; jnz again",
              NOTHING,
              List.of("rcx <= 20", "rcx <= 28")),
          new Loop(
              "stands in another",
              "mov edx, 2; mov ecx, 20; outer: xor ebx, ebx; again: dec ecx; jnz again;"
                  + " mov ecx, 40; dec edx; jnz outer",
              "1 <= rcx; rcx <= 40",
              List.of(
                  "1 <= rcx; rcx <= 20",
                  "1 <= rcx; rcx <= 39",
                  "2 <= rcx; rcx <= 40",
                  "1 <= rcx; rcx <= 40; rdx = 2")),
          new Loop(
              "keeps its count on the stack",
              "sub rsp, 16; mov qword ptr [rsp], 0; mov qword ptr [rsp+8], 7; again: inc qword ptr"
                  + " [rsp]; cmp qword ptr [rsp], 40; jb again; add rsp, 16",
              "[rsp] <= 39; [rsp + 8] = 7",
              List.of(
                  "[rsp] <= 38",
                  "[rsp size 1] <= 20",
                  "[rsp + 8] = 8",
                  "[rsp + 4 size 8] = 0x6_0000_0000",
                  "[rsp + 0x2000] = 0")),
          new Loop(
              "has two sums that stay",
              "xor esi, esi; mov ecx, 40; again: add rsi, 3; dec ecx; jnz again",
              "rsi + 3 * rcx = 120; 1 <= rcx; rcx <= 40",
              List.of(
                  "rsi + 3 * rcx = 121; 1 <= rcx; rcx <= 40",
                  "rsi + 2 * rcx = 80; 1 <= rcx; rcx <= 40",
                  "rsi = 120 - 4 * rcx; 1 <= rcx; rcx <= 40",
                  "rsi + 3 * rcx = 120; 1 <= rcx; rcx <= 39")));

  static List<Loop> loops() {
    return LOOPS;
  }

  static List<Loop> described() {
    return LOOPS.stream().filter(loop -> !loop.words().equals(NOTHING)).toList();
  }

  @ParameterizedTest
  @MethodSource("described")
  void aTrueWordIsBelieved(Loop loop) {
    Report report = verify(written(loop.code(), "body:again", loop.words()));

    assertThat(report.findings())
        .filteredOn(finding -> finding.verdict() != Verdict.PROVED)
        .extracting(finding -> finding.message() + ": " + finding.reason().orElse(""))
        .isEmpty();
    assertThat(report.outcome()).isEqualTo(Verdict.PROVED);
  }

  @ParameterizedTest
  @MethodSource("loops")
  void noMistakenWordIs(Loop loop) {
    for (String words : loop.mistaken()) {
      refusedFor("what the policy says at ", written(loop.code(), "body:again", words), words);
    }
  }

  /** Where no round begins: past the head, inside its instruction, and where nobody comes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mov ecx, 30; again: nop; behind: dec ecx; jnz again           | body:behind
          mov ecx, 30; again: dec ecx; jnz again                        | 0x2006
          mov ecx, 30; behind: inc ecx; again: dec ecx; jnz again       | body:behind
          mov ecx, 30; jmp over; again: dec ecx; jnz again; over: nop   | body:again
          mov ecx, 30; again: dec ecx; jnz again; behind: nop           | body:behind
          """)
  void nothingIsSaidOfWhatIsNoHead(String code, String place) {
    refusedFor("is of no loop that is reached", written(code, place, "rcx <= 30"), place);
  }

  /** Believed, the words would hide that the load leaves its window. */
  @ParameterizedTest
  @ValueSource(strings = {"rdx <= 4095", "rdx + rcx <= 4095", "rdx = 0", "rdx < rdx + 1; rdx < 9"})
  void whatWouldHideAnErrorIsNotBelieved(String words) {
    String code =
        "mov ecx, 30; xor edx, edx; again: lfence; movzx ebx, byte ptr [rdx+0x5000];"
            + " mov edx, [0x5000]; dec ecx; jnz again";
    Report report = verify(written(code, "body:again", words));

    assertThat(report.outcome()).as(words).isNotEqualTo(Verdict.PROVED);
    assertThat(report.findings())
        .filteredOn(finding -> finding.rule().equals("accesses-in-windows"))
        .extracting(Finding::verdict)
        .doesNotContain(Verdict.PROVED);
  }

  @Test
  void itsEvidenceStandsAnAudit() {
    Policy policy = policy(written(LOOPS.getFirst().code(), "body:again", "rcx <= 39"));
    Verifier.Verified run = Verifier.run(policy, Options.DEFAULT);
    EvidenceMaker.Made made = EvidenceMaker.make(policy, run, EvidenceCache.NONE);
    SortedMap<String, Bytes> files = new TreeMap<>(made.files());
    run.scripts().forEach((digest, text) -> files.put(digest + ".smt2", utf8(text)));

    assertThat(made.missing()).isEmpty();
    assertThat(Auditor.audit(policy, run.report(), files, Options.DEFAULT).objections()).isEmpty();
  }

  private static void refusedFor(String reason, String text, String what) {
    Report report = verify(text);

    assertThat(report.outcome()).as(what).isNotEqualTo(Verdict.PROVED);
    assertThat(report.findings())
        .as(what)
        .filteredOn(finding -> finding.rule().equals("accesses-in-windows"))
        .noneSatisfy(finding -> assertThat(finding.verdict()).isEqualTo(Verdict.PROVED))
        .anySatisfy(finding -> assertThat(finding.reason().orElse("")).contains(reason));
  }

  /** The policy of the file with other code, in which the scrubbing is as it was. */
  private static String written(String code, String place, String words) {
    String text = text();
    return text.substring(0, text.indexOf("code body"))
        + "code body asm {\n copy: "
        + code.replace("; ", "\n")
        + "\n"
        + SCRUBBED
        + "}\n"
        + text.substring(text.indexOf("include \"../p1/views"))
            .replace("body:again { " + SAID, place + " { " + words)
            .replace("at most 40000", "at most 300");
  }

  @Test
  void whatIsSaidOfNoLoopIsNoted() {
    Report report =
        verify(
            text()
                .replace("invariant at body:again", "invariant at body:copy")
                .replace("at most 40000 instructions", "at most 300 instructions"));

    assertThat(report.findings())
        .filteredOn(finding -> finding.rule().equals("code-contained"))
        .anySatisfy(finding -> assertThat(finding.verdict()).isEqualTo(Verdict.UNKNOWN))
        .noneSatisfy(finding -> assertThat(finding.verdict()).isEqualTo(Verdict.PROVED));
  }

  /** The access in the loop would leave its window, were the step three: no words change that. */
  @Test
  void aTrueWordDoesNotHideAnError() {
    String text = text().replace("48 d1 ea", "90 90 90").replace("at most 40000", "at most 300");
    Report report = verify(text);

    assertThat(report.findings())
        .filteredOn(finding -> finding.rule().equals("accesses-in-windows"))
        .extracting(Finding::verdict)
        .isNotEmpty()
        .doesNotContain(Verdict.PROVED);
  }

  /** Of the policy, where it says something of the loop. */
  private static long line() {
    return text().lines().takeWhile(line -> !line.contains(SAID)).count() + 1;
  }

  private static Report verify(String words, String bound) {
    assertThat(text()).contains(SAID);
    return verify(text().replace(SAID, words).replace("at most 40000 instructions", bound));
  }

  private static String text() {
    try {
      return Files.readString(FILE);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Report verify(String text) {
    return Verifier.verify(policy(text), Options.DEFAULT);
  }

  private static Policy policy(String text) {
    SourceReader reader =
        (path, limit) ->
            path.equals(FILE)
                ? new SourceReader.Answer.Found(utf8(text))
                : SourceReader.FILES.read(path, limit);
    Compilation compilation = PolicyCompiler.compile(FILE, reader);
    return compilation
        .policy()
        .orElseThrow(() -> new AssertionError(compilation.diagnostics().toString()));
  }

  private static Bytes utf8(String text) {
    return Bytes.of(text.getBytes(StandardCharsets.UTF_8));
  }
}

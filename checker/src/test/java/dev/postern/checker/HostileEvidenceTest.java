package dev.postern.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts and evidence that break a rule are refused, with the rule; nothing else is thrown. */
class HostileEvidenceTest {

  private static final String GOOD =
      """
      (set-logic QF_BV)
      (declare-const |x| (_ BitVec 8))
      (define-fun ?0 () Bool (bvult |x| #x10))
      (assert ?0)
      (assert (not (= ((_ extract 7 4) |x|) #x0)))
      (check-sat)
      """;

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String reason(String script) {
    byte[] bytes = utf8(script);
    byte[] proof = Checker.header(Checker.PROOF, Checker.sha256().digest(bytes));
    return ((Check.Rejected) Checker.proof(bytes, Arrays.copyOf(proof, proof.length + 1))).reason();
  }

  @Test
  void aGoodScriptGetsAsFarAsItsProof() {
    assertThat(reason(GOOD)).contains("the last step is not the empty clause");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "QF_BV>QF_ABV",
        "(check-sat)>(check-sat)(assert ?0)",
        "(check-sat)>",
        "BitVec 8>BitVec 0",
        "BitVec 8>BitVec 129",
        "BitVec 8>BitVec 08",
        "BitVec 8>BitVec 4294967304",
        "#x10>#x1g",
        "#x10>#x1",
        "#x10>10",
        "() Bool>() (_ BitVec 1)",
        "() Bool>((y Bool)) Bool",
        "bvult>bvule",
        "bvult>bvadd",
        "(assert ?0)>(assert ?1)",
        "(assert ?0)>(assert |x|)",
        "(assert ?0)>(assert (and ?0))",
        "(assert ?0)>(assert (and ?0 ?0 ?0))",
        "(assert ?0)>(assert (and ?0 ?0 ?0 ?0))",
        "(assert ?0)>(push 1)",
        "extract 7 4>extract 4 7",
        "extract 7 4>extract 8 5",
        "extract 7 4>extract 7 3",
        "|x| (_>|x (_",
        "?0 ()>|x| ()",
        "?0 ()>and ()",
        "(not (=>(not (distinct",
      })
  void aBrokenScriptIsRefused(String change) {
    int arrow = change.indexOf('>');
    String broken = GOOD.replace(change.substring(0, arrow), change.substring(arrow + 1));
    assertThat(broken).isNotEqualTo(GOOD);
    assertThat(reason(broken)).startsWith("script, character ");
  }

  @Test
  void deepNestingIsRefused() {
    String deep = "(not ".repeat(10_000) + "?0" + ")".repeat(10_000);
    assertThat(reason(GOOD.replace("(assert ?0)", "(assert " + deep + ")")))
        .contains("nested too deeply");
  }

  @Test
  void noScriptAndNoProofThrows() {
    Random random = new Random(3);
    for (int round = 0; round < 20_000; round++) {
      byte[] script = utf8(GOOD);
      for (int i = 0; i < 1 + random.nextInt(3); i++) {
        script[random.nextInt(script.length)] = (byte) random.nextInt(128);
      }
      byte[] header = Checker.header(Checker.PROOF, Checker.sha256().digest(script));
      byte[] proof = Arrays.copyOf(header, header.length + random.nextInt(12));
      for (int i = header.length; i < proof.length; i++) {
        proof[i] = (byte) random.nextInt(8);
      }
      assertThat(Checker.proof(script, proof)).isNotNull();
    }
  }

  private static MapClaim.Ranges ranges(long... bounds) {
    int n = bounds.length / 2;
    long[] first = new long[n];
    long[] last = new long[n];
    for (int i = 0; i < n; i++) {
      first[i] = bounds[2 * i];
      last[i] = bounds[2 * i + 1];
    }
    return new MapClaim.Ranges("", first, last, new int[n]);
  }

  private static Check witness(
      boolean pairwise,
      boolean absence,
      boolean violates,
      MapClaim.Ranges left,
      MapClaim.Ranges right,
      int... numbers) {
    MapClaim claim =
        new MapClaim(
            "t",
            pairwise,
            absence,
            List.of(left, right),
            violates ? new long[0] : new long[] {MapClaim.pair(0, 0)});
    byte[] header = Checker.header(Checker.WITNESS, claim.digest());
    byte[] out = Arrays.copyOf(header, header.length + numbers.length);
    for (int i = 0; i < numbers.length; i++) {
      out[header.length + i] = (byte) numbers[i];
    }
    return Checker.witness(claim, out);
  }

  @Test
  void sharedKeysAndGapsAreFound() {
    Check accepted = new Check.Accepted();
    MapClaim.Ranges low = ranges(0, 9);
    MapClaim.Ranges high = ranges(10, 19);
    MapClaim.Ranges top = ranges(-2, -1);
    assertThat(witness(false, false, true, low, high, 0)).isEqualTo(accepted);
    assertThat(witness(false, false, true, high, low, 1)).isEqualTo(accepted);
    assertThat(witness(false, false, true, high, high, 0)).isInstanceOf(Check.Rejected.class);
    assertThat(witness(false, false, true, high, high, 1)).isInstanceOf(Check.Rejected.class);
    assertThat(witness(false, true, false, high, high, 0)).isEqualTo(accepted);
    assertThat(witness(false, true, false, top, top, 0)).isEqualTo(accepted);
    assertThat(witness(false, true, false, high, ranges(10, 12, 14, 19), 0))
        .isEqualTo(new Check.Rejected("range 0: a key is absent"));
    assertThat(witness(false, true, false, high, ranges(10, 12, 13, 18), 0))
        .isEqualTo(new Check.Rejected("range 0: a key is absent"));
    assertThat(witness(false, true, false, top, ranges(-2, -2), 0))
        .isEqualTo(new Check.Rejected("range 0: a key is absent"));
    assertThat(witness(true, false, true, low, high, 3, 0, 0, 1)).isEqualTo(accepted);
    assertThat(witness(true, false, true, low, high, 3, 0, 1, 0))
        .isInstanceOf(Check.Rejected.class); // opens at 10 before it closes at 10: both are open
    assertThat(witness(true, false, true, low, high, 1, 0))
        .isEqualTo(new Check.Rejected("map 1: range 0 is never opened"));
    assertThat(witness(true, false, true, top, top, 2, 0, 1)).isInstanceOf(Check.Rejected.class);
    assertThat(witness(false, false, true, ranges(5, 9, 8, 12), high, 0, 0))
        .isEqualTo(new Check.Rejected("a map is not sorted and disjoint at range 1"));
  }

  @Test
  void encodingsAreListedWhereverTheyStand() {
    byte[] page = new byte[4096];
    byte[] next = new byte[4096];
    put(page, 0, 0x0f, 0x01, 0xd4);
    put(page, 100, 0xd5, 0x80, 0x01, 0xd4);
    put(page, 200, 0xd5, 0x7f, 0x01, 0xd4);
    put(page, 4094, 0x0f, 0x01);
    put(next, 0, 0xd4);
    assertThat(Listing.within(page).sites()).containsExactly(2, 0, 3, 100, 4);
    assertThat(Listing.within(next).sites()).containsExactly(0);
    assertThat(Listing.across(List.of(page, next)).sites()).containsExactly(1);
    assertThat(Listing.across(List.of(next)).sites()).containsExactly(0);
    byte[] both = Arrays.copyOf(page, 8192);
    put(both, 4096, 0xd4);
    assertThat(Listing.within(both).sites()).containsExactly(3, 0, 3, 100, 4, 4094, 3);
    assertThat(Listing.across(List.of(both)).sites()).containsExactly(1);
  }

  /** What changes inside a page leaves what is said of its edges, and of other pages. */
  @Test
  void listsAreOfWhatTheyAreListsOf() {
    byte[] page = new byte[4096];
    byte[] changed = page.clone();
    put(changed, 2000, 0x90);
    byte[] atTheEdge = page.clone();
    put(atTheEdge, 4093, 0x90);
    assertThat(Listing.within(changed).digest()).isNotEqualTo(Listing.within(page).digest());
    assertThat(Listing.across(List.of(changed)).digest())
        .isEqualTo(Listing.across(List.of(page)).digest());
    assertThat(Listing.across(List.of(atTheEdge)).digest())
        .isNotEqualTo(Listing.across(List.of(page)).digest());
    assertThat(Listing.across(List.of(page, page)).digest())
        .isNotEqualTo(Listing.across(List.of(page)).digest());
  }

  private static void put(byte[] page, int at, int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      page[at + i] = (byte) bytes[i];
    }
  }
}

package dev.postern.verifier.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.checker.MapClaim;
import dev.postern.model.Bytes;
import dev.postern.verifier.evidence.DeepAudit.Disagreement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What peers say is counted, and what they say against us is not lost. */
class DeepAuditTest {

  private static final Duration LIMIT = Duration.ofSeconds(1);

  private static final String SCRIPT = "(set-logic QF_BV)\n(assert (= #b0 #b1))\n(check-sat)\n";

  private static final Claim FORMULA =
      new Claim.Unsatisfiable(Bytes.of(SCRIPT.getBytes(StandardCharsets.UTF_8)));

  private static Claim maps(int ranges) {
    long[] first = new long[ranges];
    long[] last = new long[ranges];
    for (int i = 0; i < ranges; i++) {
      first[i] = i * 2L;
      last[i] = i * 2L + 1;
    }
    MapClaim.Ranges map = new MapClaim.Ranges("map", first, last, new int[ranges]);
    return new Claim.Maps(
        new MapClaim("claim", false, true, List.of(map, map), MapClaim.pair(0, 0)), Bytes.of());
  }

  private static Peer peer(Peer.Encoding encoding, Function<String, Opinion> answers) {
    return new Peer() {
      @Override
      public String name() {
        return "double";
      }

      @Override
      public String version() {
        return "0";
      }

      @Override
      public Encoding encoding() {
        return encoding;
      }

      @Override
      public Opinion ask(String script, Duration limit, boolean proof) {
        return answers.apply(script);
      }
    };
  }

  private static DeepAudit.Result ask(Peer peer, Claim... claims) throws IOException {
    return DeepAudit.ask(List.of(claims), List.of(peer), LIMIT, DeepAudit.Keeper.NONE);
  }

  private static Opinion agrees() {
    return new Opinion.Agrees(Optional.empty());
  }

  @Test
  void aFormulaIsAskedAsItStandsAndALongMapInPieces() throws IOException {
    StringBuilder asked = new StringBuilder();
    Peer peer =
        peer(
            Peer.Encoding.INTEGERS,
            script -> {
              asked.append(script);
              return agrees();
            });
    DeepAudit.Result result = ask(peer, FORMULA, maps(65));
    assertThat(result.unanimous()).isTrue();
    assertThat(result.said().getFirst().agreed()).isEqualTo(3);
    assertThat(asked).startsWith(SCRIPT).contains("QF_LIA", "|key| 127", "|key| 129");
  }

  @Test
  void wordsAreWordsAndIntegersAreIntegers() {
    MapClaim claim = ((Claim.Maps) maps(1)).claim();
    assertThat(MapScript.of(claim, Peer.Encoding.WORDS))
        .hasSize(1)
        .first()
        .asString()
        .contains("(bvule |key| #x0000000000000001)", "(bvule |key| #xffffffffffffffff)")
        .doesNotContain("<=");
    assertThat(MapScript.of(claim, Peer.Encoding.INTEGERS))
        .hasSize(1)
        .first()
        .asString()
        .contains("(<= |key| 18446744073709551615)")
        .doesNotContain("bv");
  }

  @Test
  void aModelIsADisagreementWithItsQuestion() throws IOException {
    DeepAudit.Result result =
        ask(peer(Peer.Encoding.WORDS, script -> new Opinion.Disagrees()), FORMULA);
    assertThat(result.unanimous()).isFalse();
    assertThat(result.disagreements())
        .containsExactly(
            new Disagreement("double", ((Claim.Unsatisfiable) FORMULA).script().sha256(), SCRIPT));
  }

  @Test
  void noAnswerIsNoAgreement() throws IOException {
    DeepAudit.Result result =
        ask(peer(Peer.Encoding.WORDS, script -> new Opinion.Abstains("tired")), FORMULA, maps(1));
    assertThat(result.unanimous()).isFalse();
    assertThat(result.disagreements()).isEmpty();
    assertThat(result.said().getFirst().abstained()).hasSize(2).allMatch(s -> s.endsWith("tired"));
  }

  @Test
  void proofsAreKeptBesideWhatTheyProve() throws IOException {
    SortedMap<String, String> kept = new TreeMap<>();
    Peer peer = peer(Peer.Encoding.WORDS, script -> new Opinion.Agrees(Optional.of("because\n")));
    DeepAudit.ask(List.of(FORMULA), List.of(peer), LIMIT, Optional.of(kept::put));
    String name = ((Claim.Unsatisfiable) FORMULA).script().sha256() + ".double";
    assertThat(kept)
        .containsExactly(
            java.util.Map.entry(name + ".proof", "because\n"),
            java.util.Map.entry(name + ".smt2", SCRIPT));
  }
}

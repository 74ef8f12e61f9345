package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.report.Verdict;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No harmful change of a proved policy is proved. */
class MutationTest {

  /**
   * A sample small enough for every build; a prime, so that all offsets and bits have their turn.
   */
  private static final int SAMPLE = 997;

  /** At most one of so many mutants is unknown. */
  private static final int SHARE = 20;

  /**
   * Of the bytes' mutants, one of so many: a tenth of an hour on the build server; {@code
   * -Dpostern.mutants=1} takes all there are, which is a matter of hours. Primes again.
   */
  private static final int EACH = Integer.getInteger("postern.mutants", 101);

  /**
   * The same of the two examples that the first attacks were found on. No factor of the 255 other
   * values of a byte either.
   */
  private static final int EACH_OF_THE_FIRST = Integer.getInteger("postern.mutants", 4);

  private static final List<String> FIRST = List.of("p1/p1", "vhost-tx/fw-to-nat");

  private static final List<String> OTHERS =
      List.of(
          "vhost-rx/nat-from-fw",
          "vhost-tx-c/gcc-O2",
          "service-chain/chain",
          "monitor/monitor",
          "user-gate/user-gate",
          "trusted-library/trusted-library",
          "doorbell/doorbell",
          "doorbell/doorbell-polling",
          "doorbell/doorbell-posted");

  /**
   * Of the mutants of the compiled example's code, one of so many; most are judged by following all
   * of the code again.
   */
  private static final int EACH_OF_CODE = Integer.getInteger("postern.mutants.code", 499);

  private static final String COMPILED = "vhost-tx-c/gcc-O2";

  static List<String> first() {
    return FIRST;
  }

  static List<String> others() {
    return OTHERS;
  }

  @ParameterizedTest
  @MethodSource("first")
  void noSampledByteIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", bytes of the gate page (sample)", name, true, SAMPLE);
  }

  @ParameterizedTest
  @MethodSource("first")
  void noSampledLeafBitIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", leaf bits (sample)", name, false, 7);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("first")
  void noLeafBitIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", leaf bits", name, false, 1);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("others")
  void noLeafBitOfAnotherExampleIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", leaf bits (sample)", name, false, 5);
  }

  @Tag("mutation")
  @ParameterizedTest
  @MethodSource("first")
  void noByteIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", bytes of the gate page", name, true, EACH_OF_THE_FIRST);
  }

  @Tag("mutation")
  @ParameterizedTest
  @MethodSource("others")
  void noByteOfAnotherExampleIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", bytes of the gate page (sample)", name, true, EACH);
  }

  @Tag("mutation")
  @Test
  void noByteOfCompiledCodeIsHarmfulAndProved() throws InterruptedException {
    Policy policy = Examples.policy(COMPILED + ".postern");
    check(
        COMPILED + ", bytes of the code page (sample)",
        policy,
        Mutant.bytes(policy, Role.CODE),
        EACH_OF_CODE,
        SHARE);
  }

  /** Else a change of one that is not executed would pass as one that does nothing. */
  @Test
  void callsExecuteAllOfTheCompiledCode() {
    Policy policy = Examples.policy(COMPILED + ".postern");
    Set<Long> missing = MutationSuite.bytesOfCode(policy);
    new MutationSuite(policy).executedByCalls().forEach(missing::remove);
    assertThat(missing).isEmpty();
  }

  private static void check(String title, String name, boolean bytes, int stride)
      throws InterruptedException {
    Policy policy = Examples.policy(name + ".postern");
    check(
        title,
        policy,
        bytes ? Mutant.bytes(policy, Role.TRAMPOLINE) : Mutant.leaves(policy),
        stride,
        SHARE);
  }

  private static void check(
      String title, Policy policy, List<? extends Mutant> mutants, int stride, int share)
      throws InterruptedException {
    MutationSuite.Tally tally = new MutationSuite(policy).run(mutants, stride);
    System.out.print(tally.table(title));
    assertThat(tally.harmful()).isEmpty();
    // Fewer are wanted; what they are is printed, and named in docs/SOUNDNESS.md, S-59.
    assertThat(tally.verdicts().getOrDefault(Verdict.UNKNOWN, 0))
        .as("at most one mutant in %d is unknown", share)
        .isLessThanOrEqualTo(tally.mutants() / share);
    assertThat(tally.verdicts().getOrDefault(Verdict.REFUTED, 0))
        .as("changes of a gate are refuted, many of them")
        .isGreaterThan(tally.mutants() / 3);
  }
}

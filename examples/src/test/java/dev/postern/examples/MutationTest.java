package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Policy;
import dev.postern.model.report.Verdict;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No harmful change of a proved policy is proved. */
class MutationTest {

  /**
   * A sample small enough for every build; a prime, so that all offsets and bits have their turn.
   */
  private static final int SAMPLE = 997;

  /**
   * Of the bytes' mutants, one of so many: all of them are half an hour of two processors, so the
   * build server takes a tenth and {@code -Dpostern.mutants=1} takes all. A prime again.
   */
  private static final int EACH = Integer.getInteger("postern.mutants", 11);

  @ParameterizedTest
  @ValueSource(strings = {"p1/p1", "vhost-tx/fw-to-nat"})
  void noSampledByteIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", bytes of the gate page (sample)", name, true, SAMPLE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"p1/p1", "vhost-tx/fw-to-nat"})
  void noSampledLeafBitIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", leaf bits (sample)", name, false, 7);
  }

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"p1/p1", "vhost-tx/fw-to-nat"})
  void noLeafBitIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", leaf bits", name, false, 1);
  }

  @Tag("mutation")
  @ParameterizedTest
  @ValueSource(strings = {"p1/p1", "vhost-tx/fw-to-nat"})
  void noByteIsHarmfulAndProved(String name) throws InterruptedException {
    check(name + ", bytes of the gate page", name, true, EACH);
  }

  private static void check(String title, String name, boolean bytes, int stride)
      throws InterruptedException {
    Policy policy = Examples.policy(name + ".postern");
    MutationSuite suite = new MutationSuite(policy, "fw");
    MutationSuite.Tally tally =
        suite.run(bytes ? Mutant.bytes(policy) : Mutant.leaves(policy), stride);
    System.out.print(tally.table(title));
    assertThat(tally.harmful()).isEmpty();
    assertThat(tally.verdicts().getOrDefault(Verdict.REFUTED, 0))
        .as("changes of a gate are refuted, many of them")
        .isGreaterThan(tally.mutants() / 3);
  }
}

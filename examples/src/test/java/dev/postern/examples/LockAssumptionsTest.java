package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A lock that the processor does not hold by itself is something the report asks of the host. */
class LockAssumptionsTest {

  @ParameterizedTest
  @CsvSource({
    "silicon/pinned, pinned-pt, true",
    "silicon/pinned, scan, false",
    "attacks/P10b-congruent-trap, scan, true",
    "attacks/P10b-congruent-trap, pinned-pt, false",
    "vhost-tx/fw-to-nat, pinned-pt, false",
    "vhost-tx/fw-to-nat, scan, false"
  })
  void isAnAssumption(String name, String lock, boolean asked) {
    Policy policy = Examples.policy(name + ".postern");
    Report report = Verifier.verify(policy, Options.DEFAULT);
    assertThat(report.assumptions().stream().map(Report.Assumption::id).anyMatch(lock::equals))
        .isEqualTo(asked);
  }
}

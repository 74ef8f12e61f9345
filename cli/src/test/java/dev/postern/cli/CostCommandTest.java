package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CostCommandTest {

  private static final String POLICY = "../examples/vhost-tx/fw-to-nat.postern";

  @Test
  void eachGateHasItsBoundAndWhatACallTakes() {
    Result result = Result.of("cost", POLICY);
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isZero();
    assertThat(result.out().lines().toList().getFirst())
        .matches("gate transmit: at most \\d+ instructions, 2 VMFUNCs");
    assertThat(result.out()).contains("  vmfunc ").contains("  hypercall ").contains("  syscall ");
  }

  /** 2 * 100 cycles and n instructions at 1 MHz: 200 + n microseconds. */
  @Test
  void timesFollowFromTheFigures() {
    Result result = Result.of("cost", POLICY, "--format", "json", "--mhz", "1", "--vmfunc", "100");
    assertThat(result.status()).isZero();
    String flat = result.out().replaceAll("\\s", "");
    long instructions = Long.parseLong(flat.replaceAll(".*\"instructions\":(\\d+).*", "$1"));
    assertThat(instructions).isBetween(50L, 100L);
    assertThat(flat).contains("\"roundTripPicoseconds\":" + (200 + instructions) * 1_000_000);
  }

  @Test
  void figuresOutOfRangeAreRefused() {
    assertThat(Result.of("cost", POLICY, "--vmfunc", "0").status()).isEqualTo(2);
  }
}

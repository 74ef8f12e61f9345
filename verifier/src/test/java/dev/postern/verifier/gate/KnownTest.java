package dev.postern.verifier.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.gate.Known.Value;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What is known at an instruction is what holds in every state that reaches it. */
class KnownTest {

  private static final long LA = 0x1000;

  private final TermAlgebra algebra = new TermAlgebra();

  private State landed(int index) {
    return State.landing(algebra, Mode.BITS64, LA, index);
  }

  private static Value of(Known known, Gpr gpr) {
    Map<Gpr, Value> here = Objects.requireNonNull(known.byAddress().get(LA));
    return Objects.requireNonNull(here.get(gpr));
  }

  @Test
  void oneStateIsAllThereIs() {
    Known known = new Known(landed(1));
    known.at(landed(1));
    assertThat(known.byAddress()).containsOnlyKeys(LA);
    assertThat(of(known, Gpr.RCX).callers()).isTrue();
    assertThat(of(known, Gpr.RCX).facts().ones()).isEqualTo(1);
    assertThat(of(known, Gpr.RCX).facts().zeros()).isEqualTo(0xfffffffeL);
  }

  @Test
  void whatTwoStatesDoNotShareIsNotKnown() {
    Known known = new Known(landed(1));
    known.at(landed(1));
    known.at(landed(5));
    assertThat(of(known, Gpr.RCX).callers()).isFalse();
    assertThat(of(known, Gpr.RCX).facts().zeros()).isEqualTo(0xfffffffaL);
    assertThat(of(known, Gpr.RBX).callers()).isTrue();
    known.at(landed(4));
    assertThat(of(known, Gpr.RCX).facts().ones()).isZero();
  }

  @Test
  void aThirdStateThatAgreesDoesNotBringBackWhatWasLost() {
    Known known = new Known(landed(1));
    known.at(landed(5));
    known.at(landed(1));
    known.at(landed(1));
    assertThat(of(known, Gpr.RCX).callers()).isFalse();
  }
}

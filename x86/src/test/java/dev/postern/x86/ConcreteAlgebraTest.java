package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import net.jqwik.api.Example;

class ConcreteAlgebraTest extends AlgebraContract<Bits> {

  @Override
  protected Algebra<Bits> algebra() {
    return ConcreteAlgebra.INSTANCE;
  }

  @Override
  protected BigInteger evaluate(Bits value) {
    return value.unsigned();
  }

  @Example
  void bitsAboveTheWidthAreRefused() {
    assertThatThrownBy(() -> new Bits(4, 16, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Bits(64, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Bits(0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Bits(129, 0, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Example
  void operandsOfDifferentWidthsAreRefused() {
    Algebra<Bits> a = algebra();
    assertThatThrownBy(() -> a.add(a.constant(8, 1), a.constant(16, 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> a.ite(a.constant(2, 1), a.constant(8, 1), a.constant(8, 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Example
  void printsWidthAndAllDigits() {
    assertThat(Bits.of(32, 42)).hasToString("32'h0000002a");
    assertThat(Bits.of(1, 3)).hasToString("1'h1");
    assertThat(Bits.of(128, BigInteger.valueOf(-1))).hasToString("128'h" + "f".repeat(32));
  }
}

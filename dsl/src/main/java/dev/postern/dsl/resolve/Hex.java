package dev.postern.dsl.resolve;

import java.math.BigInteger;

/** How numbers are shown in messages. */
final class Hex {

  private Hex() {}

  static String of(long value) {
    return "0x" + Long.toHexString(value);
  }

  static String of(BigInteger value) {
    return value.signum() < 0 ? "-0x" + value.negate().toString(16) : "0x" + value.toString(16);
  }
}

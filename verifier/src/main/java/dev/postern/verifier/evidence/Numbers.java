package dev.postern.verifier.evidence;

import java.io.ByteArrayOutputStream;

/** The numbers of evidence: seven bits a byte, lowest first, the top bit where more follow. */
final class Numbers {

  private Numbers() {}

  static void write(ByteArrayOutputStream out, int number) {
    int rest = number;
    while (rest > 0x7f) {
      out.write(rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }
}

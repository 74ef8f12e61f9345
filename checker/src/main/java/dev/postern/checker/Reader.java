package dev.postern.checker;

import java.util.Arrays;

/** Reads evidence: a header line, then numbers of seven bits a byte, lowest first. */
final class Reader {

  private final byte[] bytes;
  private int at;

  /** The header says of what kind the evidence is and names the obligation by SHA-256. */
  Reader(byte[] bytes, String kind, byte[] obligation) throws Refused {
    this.bytes = bytes;
    byte[] header = Checker.header(kind, obligation);
    int line = header.length;
    int word = kind.length() + 1;
    if (bytes.length < line || !Arrays.equals(bytes, 0, word, header, 0, word)) {
      throw new Refused("is not evidence of kind " + kind);
    }
    if (!Arrays.equals(bytes, 0, line, header, 0, line)) {
      throw new Refused("names another obligation");
    }
    at = line;
  }

  /** One encoding for one number: no leading zero group, nothing above 2^31-1. */
  int number() throws Refused {
    long value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      if (at == bytes.length) {
        throw new Refused("ends early");
      }
      int group = bytes[at++];
      value |= (long) (group & 0x7f) << shift;
      if (group >= 0) {
        if (value > Integer.MAX_VALUE || (group == 0 && shift > 0)) {
          break;
        }
        return (int) value;
      }
    }
    throw new Refused("byte " + at + ": a number is not in its one form");
  }

  /** At most {@code limit}. */
  int number(int limit, String what) throws Refused {
    int value = number();
    if (value > limit) {
      throw new Refused(what + " " + value + " is more than " + limit);
    }
    return value;
  }

  /** How many bytes are left: a bound on how many numbers can follow. */
  int left() {
    return bytes.length - at;
  }

  void end() throws Refused {
    if (at != bytes.length) {
      throw new Refused("something follows the end");
    }
  }
}

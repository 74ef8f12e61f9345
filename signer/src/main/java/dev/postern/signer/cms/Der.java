package dev.postern.signer.cms;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A walk over tag, length, value without recursion: definite minimal lengths, everything inside its
 * parent, bounded nesting, nothing behind the end. A recursive parser may then have the bytes.
 */
final class Der {

  private static final int MAX_DEPTH = 16;
  private static final int CONSTRUCTED = 0x20;

  private Der() {}

  static void requireBounded(byte[] bytes) throws CmsException {
    Deque<Integer> ends = new ArrayDeque<>();
    int at = 0;
    int end = bytes.length;
    boolean first = true;
    while (at < end || !ends.isEmpty()) {
      if (at == end) {
        end = ends.pop();
        continue;
      }
      if (first) {
        first = false;
      } else if (ends.isEmpty()) {
        throw refuse("bytes behind the message");
      }
      int tag = bytes[at++] & 0xff;
      if ((tag & 0x1f) == 0x1f) {
        throw refuse("a tag number over 30");
      }
      if (at == end) {
        throw refuse("ends early");
      }
      int length = bytes[at++] & 0xff;
      if (length == 0x80) {
        throw refuse("indefinite length: BER, not DER");
      }
      if (length > 0x80) {
        int octets = length & 0x7f;
        if (octets > 2 || octets > end - at) {
          throw refuse("a length that cannot be");
        }
        length = 0;
        for (int i = 0; i < octets; i++) {
          length = (length << 8) | (bytes[at++] & 0xff);
        }
        if (length < (octets == 1 ? 0x80 : 0x100)) {
          throw refuse("a length that is not minimal");
        }
      }
      if (length > end - at) {
        throw refuse("ends early");
      }
      if ((tag & CONSTRUCTED) != 0) {
        if (ends.size() == MAX_DEPTH) {
          throw refuse("nested deeper than " + MAX_DEPTH);
        }
        ends.push(end);
        end = at + length;
      } else {
        at += length;
      }
    }
    if (first) {
      throw refuse("empty");
    }
  }

  private static CmsException refuse(String reason) {
    return new CmsException(CmsException.Kind.PROFILE, reason);
  }
}

package dev.postern.x86;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Byte strings that exercise one row of the table: all its opcodes, shapes of ModRM, prefixes. */
final class FormSamples {

  private static final byte[][] PREFIXES = {
    {}, {0x66}, {0x67}, {(byte) 0xF0}, {(byte) 0xF3}, {0x65}, {0x48}, {0x4F}, {0x66, 0x67}
  };

  /** What follows the opcode after ModRM: a SIB, displacement and immediate of mixed bits. */
  private static final byte[] TAIL = HexFormat.of().parseHex("4c8112f37f0488a1c55b03");

  private FormSamples() {}

  /** Fifteen bytes each. */
  static List<byte[]> of(Pattern pattern) {
    List<byte[]> samples = new ArrayList<>();
    for (byte[] prefix : PREFIXES) {
      for (int i = 0; i < Math.min(pattern.count(), 16); i++) {
        int opcode = pattern.opcode() + i * (pattern.count() / Math.min(pattern.count(), 16));
        if (pattern.modRm()) {
          for (int modRm = 0; modRm < 256; modRm++) {
            boolean telling = pattern.mask() == 0xFF || (modRm & 1) == 0 || (modRm & 7) == 5;
            if (pattern.selectedByModRm(modRm) && telling) {
              samples.add(sample(prefix, pattern, opcode, modRm));
            }
          }
        } else {
          samples.add(sample(prefix, pattern, opcode, -1));
        }
      }
    }
    return samples;
  }

  private static byte[] sample(byte[] prefix, Pattern pattern, int opcode, int modRm) {
    byte[] code = new byte[15];
    int at = 0;
    switch (pattern.prefix()) {
      case ANY, NP -> {}
      case P66 -> code[at++] = 0x66;
      case F2 -> code[at++] = (byte) 0xF2;
      case F3 -> code[at++] = (byte) 0xF3;
    }
    for (byte b : prefix) {
      code[at++] = b;
    }
    if (pattern.wide() && prefix.length == 0) {
      code[at++] = 0x48;
    }
    if (pattern.map() > 0) {
      code[at++] = 0x0F;
    }
    if (pattern.map() > 1) {
      code[at++] = (byte) (pattern.map() == 2 ? 0x38 : 0x3A);
    }
    code[at++] = (byte) opcode;
    if (modRm >= 0) {
      code[at++] = (byte) modRm;
    }
    System.arraycopy(TAIL, 0, code, at, Math.min(TAIL.length, code.length - at));
    return code;
  }
}

package dev.postern.x86;

import java.util.SplittableRandom;

/**
 * Byte strings that resemble code: uniform ones, and random prefixes before opcodes of the table.
 */
final class CodeStrings {

  private static final int[] PREFIXES = {
    0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x66, 0x66, 0x67, 0x67, 0xF0, 0xF2, 0xF3, 0x40, 0x41,
    0x44, 0x48, 0x48, 0x4C, 0x4F
  };

  private CodeStrings() {}

  /** Fifteen bytes. */
  static byte[] next(SplittableRandom random) {
    byte[] code = new byte[15];
    random.nextBytes(code);
    int kind = random.nextInt(4);
    if (kind == 0) {
      return code;
    }
    int at = 0;
    while (at < 5 && random.nextInt(3) != 0) {
      code[at++] = (byte) PREFIXES[random.nextInt(PREFIXES.length)];
    }
    if (kind == 1) {
      int form = random.nextInt(16);
      if (form == 0) {
        // VMFUNC, or what stands around it: 0F 01 xx and its REX2 form
        code[at++] = 0x0F;
        code[at++] = 0x01;
        code[at] = (byte) (0xD0 + random.nextInt(8));
      } else if (form == 1 && at < 12) {
        code[at++] = (byte) 0xD5;
        at++;
        code[at++] = 0x01;
        code[at] = (byte) (0xD0 + random.nextInt(8));
      } else {
        code[at] = 0x0F;
      }
      return code;
    }
    Pattern pattern = Forms.ROWS.get(random.nextInt(Forms.ROWS.size())).pattern();
    switch (pattern.prefix()) {
      case ANY, NP -> {}
      case P66 -> code[at++] = 0x66;
      case F2 -> code[at++] = (byte) 0xF2;
      case F3 -> code[at++] = (byte) 0xF3;
    }
    if (pattern.wide()) {
      code[at++] = 0x48;
    }
    if (pattern.map() > 0) {
      code[at++] = 0x0F;
    }
    if (pattern.map() > 1) {
      code[at++] = (byte) (pattern.map() == 2 ? 0x38 : 0x3A);
    }
    code[at++] = (byte) (pattern.opcode() + random.nextInt(pattern.count()));
    if (pattern.modRm()) {
      int modRm = random.nextInt(256) & ~pattern.mask() | pattern.value();
      code[at] =
          (byte)
              switch (pattern.space()) {
                case BOTH -> modRm;
                case MEMORY -> modRm & 0x3F | random.nextInt(3) << 6;
                case REGISTER -> modRm | 0xC0;
              };
    }
    return code;
  }
}

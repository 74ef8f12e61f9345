package dev.postern.x86;

import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Random encodings of one row of the table: prefixes the row admits, any ModRM it admits, random
 * tail. An absolute or RIP-relative address is pointed at the page of memory.
 */
final class FormSampler {

  private static final int ATTEMPTS = 400;

  private final SplittableRandom random;
  private final RealCpu.Layout layout;

  FormSampler(SplittableRandom random, RealCpu.Layout layout) {
    this.random = random;
    this.layout = layout;
  }

  /**
   * One encoding and what it decodes to; the row does not show whether 66H is among the prefixes.
   */
  record Sample(byte[] code, Instruction instruction, boolean operandSizePrefix) {}

  /** Nothing if the row has no encoding in the mode, as far as {@link #ATTEMPTS} tell. */
  Optional<Sample> sample(Form form, Mode mode) {
    for (int i = 0; i < ATTEMPTS; i++) {
      Draft draft = new Draft(form, mode);
      if (draft.decode() instanceof Instruction first && first.mnemonic() == form.mnemonic) {
        draft.aim(first);
        if (draft.decode() instanceof Instruction instruction) {
          byte[] code = Arrays.copyOf(draft.bytes, instruction.length());
          return Optional.of(new Sample(code, instruction, draft.operandSizePrefix));
        }
      }
    }
    return Optional.empty();
  }

  /** Bytes being put together; {@code length} ends up where SIB and displacement begin. */
  private final class Draft {
    final byte[] bytes = new byte[15];
    private final Mode mode;
    private int length;
    private boolean operandSizePrefix;
    private final boolean moffs;

    Draft(Form form, Mode mode) {
      this.mode = mode;
      prefixes(form);
      opcode(form.pattern());
      moffs = form.operands.stream().anyMatch(kind -> kind.slot == OperandKind.Slot.MOFFS);
      if (form.pattern().modRm()) {
        modRm(form.pattern());
      }
      tail();
    }

    private void put(int value) {
      bytes[length++] = (byte) value;
    }

    private void prefixes(Form form) {
      if (form.has(Form.Attribute.LOCK) && oneIn(4)) {
        put(0xF0);
      }
      if (oneIn(6)) {
        put(segmentOverride());
      }
      if (oneIn(5)) {
        put(0x67);
      }
      switch (form.pattern().prefix()) {
        case ANY -> {
          if (oneIn(3)) {
            operandSizePrefix = true;
            put(0x66);
          }
          boolean repeats = form.has(Form.Attribute.REP) || form.has(Form.Attribute.REPE);
          if (repeats && oneIn(2)) {
            put(oneIn(2) ? 0xF2 : 0xF3);
          }
        }
        case NP -> {}
        case P66 -> put(0x66);
        case F2 -> put(0xF2);
        case F3 -> put(0xF3);
      }
      if (mode == Mode.BITS64 && (form.pattern().wide() || oneIn(2))) {
        put(0x40 | random.nextInt(16) | (form.pattern().wide() ? 8 : 0));
      }
    }

    /** CS is left out, being read-only, and FS outside 64-bit mode, being null in this process. */
    private int segmentOverride() {
      int[] choices =
          mode == Mode.BITS64
              ? new int[] {0x26, 0x36, 0x3E, 0x64, 0x65}
              : new int[] {0x26, 0x36, 0x3E, 0x65};
      return choices[random.nextInt(choices.length)];
    }

    private void opcode(Pattern pattern) {
      if (pattern.map() > 0) {
        put(0x0F);
      }
      if (pattern.map() == 2) {
        put(0x38);
      } else if (pattern.map() == 3) {
        put(0x3A);
      }
      put(pattern.opcode() + random.nextInt(pattern.count()));
    }

    private void modRm(Pattern pattern) {
      int value = random.nextInt(256) & ~pattern.mask() | pattern.value();
      boolean register =
          switch (pattern.space()) {
            case BOTH -> oneIn(3);
            case MEMORY -> false;
            case REGISTER -> true;
          };
      if ((pattern.mask() & 0xC0) == 0) {
        value = register ? value | 0xC0 : value & 0x3F | random.nextInt(3) << 6;
      }
      boolean throughRsp = !register && (pattern.mask() & 7) == 0 && oneIn(6);
      put(throughRsp ? value & 0xF8 | 4 : value);
      if (throughRsp) {
        bytes[length] = 0x24; // SIB: the address is RSP's, which stack instructions move
      }
    }

    /** Displacements and immediates: any bytes, or few ones, or few zeros, or small numbers. */
    private void tail() {
      int kind = random.nextInt(5);
      for (int i = bytes[length] == 0x24 ? length + 1 : length; i < bytes.length; i++) {
        int value = random.nextInt(256);
        bytes[i] =
            (byte)
                switch (kind) {
                  case 0 -> value & random.nextInt(256) & random.nextInt(256);
                  case 1 -> value | random.nextInt(256) | random.nextInt(256);
                  case 2 -> i == length || oneIn(8) ? random.nextInt(20) : 0;
                  default -> value;
                };
      }
    }

    Decoded decode() {
      return Decoder.decode(bytes, 0, bytes.length, mode);
    }

    /** Points an operand without registers at the page, most of the time well inside. */
    void aim(Instruction instruction) {
      for (Operand operand : instruction.operands()) {
        if (operand instanceof Operand.Memory m && m.base().isEmpty() && m.index().isEmpty()) {
          long offset = oneIn(16) ? 4096 - random.nextInt(16) : random.nextInt(4080);
          long target =
              Targets.offset(layout, mode, m.segment(), layout.page() + (offset & -alignment()));
          if (m.ripRelative()) {
            target -= layout.ip(mode) + instruction.length();
          }
          int size = moffs ? m.addressSize() / 8 : Math.min(m.addressSize() / 8, 4);
          boolean sib = !moffs && m.addressSize() != 16 && (bytes[length - 1] & 7) == 4;
          for (int i = 0; i < size; i++) {
            bytes[length + (sib ? 1 : 0) + i] = (byte) (target >>> 8 * i);
          }
        }
      }
    }

    private int alignment() {
      return oneIn(2) ? 1 : 16;
    }
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }
}

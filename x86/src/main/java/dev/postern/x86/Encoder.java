package dev.postern.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Writes instructions as bytes, by the same table that {@link Decoder} reads. Each encoding is
 * decoded again before it is handed out: what this class returns decodes to what was asked.
 */
public final class Encoder {

  private Encoder() {}

  /** The shortest encoding; among equals the first row of the table. Empty: there is none. */
  public static Optional<byte[]> encode(Instruction instruction) {
    return encodings(instruction).stream().findFirst();
  }

  /**
   * The encodings the table knows, shortest first; one for each form that fits. {@link
   * Instruction#length()} is not consulted. Redundant prefixes, longer displacements than needed
   * and rows marked as an alias are never produced.
   */
  public static List<byte[]> encodings(Instruction instruction) {
    List<byte[]> encodings = new ArrayList<>(2);
    for (Form form : FormIndex.forms(instruction.mnemonic())) {
      if (form.validIn(instruction.mode())
          && form.pattern().conditional() == instruction.condition().isPresent()) {
        encode(instruction, form).ifPresent(encodings::add);
      }
    }
    encodings.sort(Comparator.comparingInt(bytes -> bytes.length));
    return encodings;
  }

  private static Optional<byte[]> encode(Instruction instruction, Form form) {
    for (int choice = 0; choice < 4; choice++) {
      boolean operandSizePrefix = (choice & 1) != 0;
      boolean wide = (choice & 2) != 0;
      if (fits(instruction, form, operandSizePrefix, wide)) {
        Encoding encoding = new Encoding(instruction, form, operandSizePrefix, wide);
        if (encoding.build()) {
          byte[] bytes = encoding.bytes();
          if (same(Decoder.decode(bytes, 0, bytes.length, instruction.mode()), instruction)) {
            return Optional.of(bytes);
          }
        }
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static boolean fits(
      Instruction instruction, Form form, boolean operandSizePrefix, boolean wide) {
    Mode mode = instruction.mode();
    if (wide && mode != Mode.BITS64) {
      return false;
    }
    boolean prefixed = operandSizePrefix || form.pattern().prefix() == Pattern.Prefix.P66;
    int repeat =
        switch (form.pattern().prefix()) {
          case F2 -> 0xF2;
          case F3 -> 0xF3;
          case ANY, NP, P66 -> 0;
        };
    return form.pattern().selectedBy(prefixed, repeat, wide)
        && form.sizing.bits(mode, prefixed, wide) == instruction.operandSize();
  }

  private static boolean same(Decoded decoded, Instruction asked) {
    return decoded instanceof Instruction back
        && back.mnemonic() == asked.mnemonic()
        && back.condition().equals(asked.condition())
        && back.operandSize() == asked.operandSize()
        && back.addressSize() == asked.addressSize()
        && back.repeat() == asked.repeat()
        && back.lock() == asked.lock()
        && back.operands().equals(asked.operands());
  }

  /** One attempt: fields of the encoding, filled operand by operand. */
  private static final class Encoding {
    private final Instruction instruction;
    private final Form form;
    private final boolean operandSizePrefix;

    private int rex;
    private boolean rexNeeded;
    private boolean rexForbidden;
    private int segmentOverride;
    private int opcode;
    private int modRm;
    private int sib = -1;
    private int displacementBytes;
    private long displacement;
    private final ByteList immediates = new ByteList();

    Encoding(Instruction instruction, Form form, boolean operandSizePrefix, boolean wide) {
      this.instruction = instruction;
      this.form = form;
      this.operandSizePrefix = operandSizePrefix;
      this.rex = wide ? 8 : 0;
      this.opcode = form.pattern().opcode();
      this.modRm = form.pattern().value();
      if (form.pattern().space() == Pattern.Space.REGISTER) {
        modRm |= 0xC0;
      }
      instruction.condition().ifPresent(condition -> opcode += condition.code());
    }

    boolean build() {
      List<Operand> operands = instruction.operands();
      int next = 0;
      for (OperandKind kind : form.operands) {
        if (next >= operands.size()) {
          return false;
        }
        Operand operand = operands.get(next++);
        if (kind == OperandKind.Ap) {
          if (next >= operands.size() || !farPointer(operand, operands.get(next++))) {
            return false;
          }
        } else if (!place(kind, operand)) {
          return false;
        }
      }
      return next == operands.size() && !(rexForbidden && rexByte());
    }

    private boolean rexByte() {
      return rex != 0 || rexNeeded;
    }

    private boolean place(OperandKind kind, Operand operand) {
      return switch (kind.slot) {
        case RM ->
            switch (operand) {
              case Operand.Register register -> {
                modRm |= 0xC0 | number(register, 1);
                yield true;
              }
              case Operand.Memory memory -> kind.memory && memory(memory);
              default -> false;
            };
        case REG -> {
          int number =
              switch (operand) {
                case Operand.Register register -> number(register, 4);
                case Operand.SegmentRegister register -> register.segment().code();
                case Operand.ControlRegister register -> extended(register.number(), 4);
                case Operand.DebugRegister register -> extended(register.number(), 4);
                default -> -1;
              };
          modRm |= number << 3;
          yield number >= 0;
        }
        case OPCODE -> {
          if (operand instanceof Operand.Register register) {
            opcode += number(register, 1);
            yield true;
          }
          yield false;
        }
        case IMMEDIATE -> operand instanceof Operand.Immediate immediate && put(kind, immediate);
        case RELATIVE -> operand instanceof Operand.Relative relative && put(kind, relative);
        case MOFFS -> operand instanceof Operand.Memory memory && absolute(memory);
        case STRING -> {
          if (operand instanceof Operand.Memory memory) {
            boolean destination =
                kind == OperandKind.Yb || kind == OperandKind.Yv || kind == OperandKind.Yz;
            override(memory.segment(), destination ? Segment.ES : Segment.DS);
            yield true;
          }
          yield false;
        }
        case FIXED -> true; // decoding the result tells whether it was this one
      };
    }

    /** The low three bits; the fourth goes to {@code rexBit}. */
    private int extended(int number, int rexBit) {
      if (number >= 8) {
        rex |= rexBit;
      }
      return number & 7;
    }

    private int number(Operand.Register register, int rexBit) {
      int code = register.gpr().code();
      if (register.high()) {
        rexForbidden = true;
        return code + 4;
      }
      rexNeeded |= register.width() == 8 && code >= 4;
      return extended(code, rexBit);
    }

    private void override(Segment segment, Segment standard) {
      if (segment != standard) {
        segmentOverride =
            switch (segment) {
              case ES -> 0x26;
              case CS -> 0x2E;
              case SS -> 0x36;
              case DS -> 0x3E;
              case FS -> 0x64;
              case GS -> 0x65;
            };
      }
    }

    private boolean put(OperandKind kind, Operand.Immediate immediate) {
      int bytes = kind.immediateBytes(instruction.operandSize(), instruction.addressSize());
      int unused = 64 - immediate.width();
      long value = immediate.value() << unused >> unused;
      // A shorter field is sign-extended on decoding.
      if (bytes * 8 < immediate.width() && !fitsIn(value, bytes)) {
        return false;
      }
      immediates.put(value, bytes);
      return true;
    }

    private boolean put(OperandKind kind, Operand.Relative relative) {
      int bytes = kind.immediateBytes(instruction.operandSize(), instruction.addressSize());
      immediates.put(relative.displacement(), bytes);
      return fitsIn(relative.displacement(), bytes);
    }

    private boolean farPointer(Operand selector, Operand offset) {
      if (selector instanceof Operand.Immediate s && offset instanceof Operand.Immediate o) {
        immediates.put(o.value(), instruction.operandSize() / 8);
        immediates.put(s.value(), 2);
        return true;
      }
      return false;
    }

    private boolean absolute(Operand.Memory memory) {
      override(memory.segment(), Segment.DS);
      immediates.put(memory.displacement(), instruction.addressSize() / 8);
      return memory.base().isEmpty() && memory.index().isEmpty() && !memory.ripRelative();
    }

    private static boolean fitsIn(long value, int bytes) {
      int unused = 64 - 8 * bytes;
      return value << unused >> unused == value;
    }

    private boolean memory(Operand.Memory memory) {
      boolean stack =
          memory.base().isPresent()
              && (memory.base().get() == Gpr.RSP || memory.base().get() == Gpr.RBP);
      override(memory.segment(), stack ? Segment.SS : Segment.DS);
      displacement = memory.displacement();
      if (memory.addressSize() == 16) {
        return memory16(memory);
      }
      if (!fitsIn(displacement, 4)) {
        return false;
      }
      int index = -1;
      if (memory.index().isPresent()) {
        index = extended(memory.index().get().code(), 2);
        if (memory.index().get() == Gpr.RSP) {
          return false;
        }
      }
      if (memory.base().isEmpty()) {
        displacementBytes = 4;
        if (index >= 0 || (!memory.ripRelative() && instruction.mode() == Mode.BITS64)) {
          modRm |= 4;
          sib = scale(memory) << 6 | (index < 0 ? 4 : index) << 3 | 5;
        } else {
          modRm |= 5;
        }
        return true;
      }
      int base = extended(memory.base().get().code(), 1);
      if (index >= 0 || base == 4) {
        modRm |= 4;
        sib = scale(memory) << 6 | (index < 0 ? 4 : index) << 3 | base;
      } else {
        modRm |= base;
      }
      chooseDisplacement(base == 5, 4);
      return true;
    }

    private static int scale(Operand.Memory memory) {
      return Integer.numberOfTrailingZeros(memory.scale());
    }

    private void chooseDisplacement(boolean required, int longest) {
      displacementBytes =
          displacement == 0 && !required ? 0 : fitsIn(displacement, 1) ? 1 : longest;
      modRm |= displacementBytes == 0 ? 0 : displacementBytes == 1 ? 0x40 : 0x80;
    }

    private boolean memory16(Operand.Memory memory) {
      if (memory.base().isEmpty()) {
        modRm |= 6;
        displacementBytes = 2;
        return memory.index().isEmpty() && fitsIn(displacement, 2);
      }
      int rm = Decoder.rm16(memory.base(), memory.index());
      modRm |= rm;
      chooseDisplacement(rm == 6, 2);
      return rm >= 0 && fitsIn(displacement, 2);
    }

    /** Prefixes in the order GNU as writes them: segment, 67, 66, F2/F3, F0, REX. */
    byte[] bytes() {
      ByteList out = new ByteList();
      Pattern pattern = form.pattern();
      if (segmentOverride != 0) {
        out.put(segmentOverride, 1);
      }
      if (instruction.addressSize() != instruction.mode().bits()) {
        out.put(0x67, 1);
      }
      if (operandSizePrefix || pattern.prefix() == Pattern.Prefix.P66) {
        out.put(0x66, 1);
      }
      switch (instruction.repeat()) {
        case NONE -> {}
        case REP, REPE -> out.put(0xF3, 1);
        case REPNE -> out.put(0xF2, 1);
      }
      switch (pattern.prefix()) {
        case ANY, NP, P66 -> {}
        case F2 -> out.put(0xF2, 1);
        case F3 -> out.put(0xF3, 1);
      }
      if (instruction.lock() && !form.has(Form.Attribute.XLOCK)) {
        out.put(0xF0, 1);
      }
      if (rexByte()) {
        out.put(0x40 | rex, 1);
      }
      if (pattern.map() > 0) {
        out.put(0x0F, 1);
      }
      if (pattern.map() > 1) {
        out.put(pattern.map() == 2 ? 0x38 : 0x3A, 1);
      }
      out.put(opcode, 1);
      if (pattern.modRm()) {
        out.put(modRm, 1);
        if (sib >= 0) {
          out.put(sib, 1);
        }
        out.put(displacement, displacementBytes);
      }
      out.append(immediates);
      return out.toArray();
    }
  }

  /** Room for one instruction; more than fifteen bytes decode to nothing. */
  private static final class ByteList {
    private final byte[] bytes = new byte[32];
    private int size;

    void put(long value, int count) {
      for (int i = 0; i < count; i++) {
        bytes[size++] = (byte) (value >> (8 * i));
      }
    }

    void append(ByteList other) {
      System.arraycopy(other.bytes, 0, bytes, size, other.size);
      size += other.size;
    }

    byte[] toArray() {
      return Arrays.copyOf(bytes, size);
    }
  }
}

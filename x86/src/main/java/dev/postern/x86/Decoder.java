package dev.postern.x86;

import static dev.postern.x86.Form.Attribute.COUNTED;
import static dev.postern.x86.Form.Attribute.LOCK;
import static dev.postern.x86.Form.Attribute.NEAR;
import static dev.postern.x86.Form.Attribute.REP;
import static dev.postern.x86.Form.Attribute.REPE;
import static dev.postern.x86.Form.Attribute.REXB0;
import static dev.postern.x86.Form.Attribute.W16;
import static dev.postern.x86.Form.Attribute.W32;
import static dev.postern.x86.Form.Attribute.W64;
import static dev.postern.x86.Form.Attribute.XLOCK;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one instruction from bytes, in any of the three modes. */
public final class Decoder {

  /** SDM vol. 2 §2.3.11: a longer instruction is a #GP. */
  private static final int LONGEST = 15;

  private static final Decoded.Undefined TOO_LONG =
      new Decoded.Undefined("longer than 15 bytes: #GP");

  private static final Decoded.Undefined NO_REX2 =
      new Decoded.Undefined("D5 without APX (SDM vol. 2, AAD: #UD in 64-bit mode)");

  private static final List<Optional<Gpr>> OPTIONAL_GPRS = optionalGprs();

  /** By width (8, 16, 32, 64), then AH, CH, DH, BH. */
  private static final Operand[][] REGISTERS = registers();

  private static final Operand ONE = new Operand.Immediate(1, 8);

  /** CR0, CR2, CR3, CR4, CR8; a move to or from another is #UD. */
  private static final int CONTROL_REGISTERS = 0b1_0001_1101;

  private static final int RBX = 3;
  private static final int RSP = 4;
  private static final int RBP = 5;
  private static final int RSI = 6;
  private static final int RDI = 7;

  /** SDM vol. 2 table 2-1: BX+SI, BX+DI, BP+SI, BP+DI, SI, DI, BP, BX. */
  private static final int[] BASE16 = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};

  private static final int[] INDEX16 = {RSI, RDI, RSI, RDI, -1, -1, -1, -1};

  private final byte[] code;
  private final int start;
  private final int limit;
  private final Mode mode;
  private final boolean apx;
  private int at;

  private boolean operandSizePrefix;
  private boolean addressSizePrefix;
  private boolean lockPrefix;
  private int repeatPrefix;
  private int rex;
  private int segmentOverride = -1;

  private int opcode;
  private int modRm = -1;
  private int addressSize;
  private int operandSize;

  private Decoder(byte[] code, int offset, int limit, Mode mode, boolean apx) {
    this.code = code;
    this.start = offset;
    this.at = offset;
    this.limit = limit;
    this.mode = mode;
    this.apx = apx;
  }

  /**
   * Decodes for a processor that may have APX; see {@link #decode(byte[], int, int, Mode,
   * boolean)}.
   */
  public static Decoded decode(byte[] code, int offset, int limit, Mode mode) {
    return decode(code, offset, limit, mode, true);
  }

  /**
   * Decodes at {@code offset}, reading at most to {@code limit}.
   *
   * @param code the bytes, not modified
   * @param offset 0..limit
   * @param limit one past the last byte that may be read, at most {@code code.length}
   * @param apx whether D5 may be a REX2 prefix; else it is #UD in 64-bit mode, as AAD always was
   */
  public static Decoded decode(byte[] code, int offset, int limit, Mode mode, boolean apx) {
    if (offset < 0 || offset > limit || limit > code.length) {
      throw new IndexOutOfBoundsException(
          "offset " + offset + ", limit " + limit + ", length " + code.length);
    }
    return new Decoder(code, offset, limit, mode, apx).decode();
  }

  /** ModRM.rm of a 16-bit address with a base, or -1: the encoder's side of table 2-1. */
  static int rm16(Optional<Gpr> base, Optional<Gpr> index) {
    for (int rm = 0; rm < 8; rm++) {
      if (base.equals(OPTIONAL_GPRS.get(BASE16[rm]))
          && index.equals(INDEX16[rm] < 0 ? Optional.empty() : OPTIONAL_GPRS.get(INDEX16[rm]))) {
        return rm;
      }
    }
    return -1;
  }

  private static List<Optional<Gpr>> optionalGprs() {
    List<Optional<Gpr>> all = new ArrayList<>();
    for (Gpr gpr : Gpr.values()) {
      all.add(Optional.of(gpr));
    }
    return List.copyOf(all);
  }

  private static Operand[][] registers() {
    Operand[][] all = new Operand[5][16];
    for (Gpr gpr : Gpr.values()) {
      for (int i = 0; i < 4; i++) {
        all[i][gpr.code()] = new Operand.Register(gpr, 8 << i, false);
      }
      if (gpr.code() < 4) {
        all[4][gpr.code()] = new Operand.Register(gpr, 8, true);
      }
    }
    return all;
  }

  private Decoded decode() {
    int first = prefixes();
    if (first < 0) {
      return ended();
    }
    if (first == 0xD5 && mode == Mode.BITS64) {
      return apx ? rex2() : NO_REX2;
    }
    int map = 0;
    opcode = first;
    if (first == 0x0F) {
      map = 1;
      opcode = next();
      if (opcode == 0x38 || opcode == 0x3A) {
        map = opcode == 0x38 ? 2 : 3;
        opcode = next();
      }
      if (opcode < 0) {
        return ended();
      }
    }
    FormIndex.Opcode rows = FormIndex.opcode(mode, map, opcode);
    int reg = 0;
    if (rows.modRm()) {
      modRm = next();
      if (modRm < 0) {
        return ended();
      }
      reg = (modRm >> 3) & 7;
    }
    List<Row> candidates = rows.rows(reg);
    for (int i = 0; i < candidates.size(); i++) {
      Row row = candidates.get(i);
      if (selects(row)) {
        // not a pattern switch: its bootstrap costs more than loading the table
        if (row instanceof Form form) {
          return instruction(form);
        }
        return row instanceof ForeignForm form ? foreign(form) : ((Refusal) row).answer();
      }
    }
    return new Decoded.Unsupported(
        "opcode %s%02X%s is not in the table"
            .formatted(
                switch (map) {
                  case 0 -> "";
                  case 1 -> "0F ";
                  case 2 -> "0F 38 ";
                  default -> "0F 3A ";
                },
                opcode,
                modRm < 0 ? "" : " /" + reg));
  }

  /** The next byte, or -1 past the limit or the fifteenth byte. */
  private int next() {
    return at < limit && at - start < LONGEST ? code[at++] & 0xFF : -1;
  }

  /** Why {@link #next} had no byte. */
  private Decoded ended() {
    return at - start >= LONGEST ? TOO_LONG : new Decoded.Truncated(limit - start);
  }

  /** Reads prefixes and returns the first byte that is none, or -1. */
  private int prefixes() {
    boolean long64 = mode == Mode.BITS64;
    while (true) {
      int b = next();
      switch (b) {
        // In 64-bit mode these four are ignored and do not cancel FS or GS (measured on silicon).
        case 0x26, 0x2E, 0x36, 0x3E -> segmentOverride = long64 ? segmentOverride : (b >> 3) & 3;
        case 0x64, 0x65 -> segmentOverride = b - 0x60;
        case 0x66 -> operandSizePrefix = true;
        case 0x67 -> addressSizePrefix = true;
        case 0xF0 -> lockPrefix = true;
        case 0xF2, 0xF3 -> repeatPrefix = b;
        default -> {
          if (!long64 || (b & 0xF0) != 0x40) {
            return b;
          }
          rex = b;
          continue;
        }
      }
      rex = 0; // SDM vol. 2 §2.2.1: a REX prefix not immediately before the opcode is ignored
    }
  }

  /**
   * Intel APX: D5, payload {@code M0 R4 X4 B4 W R3 X3 B3}, opcode of map 0 or, with M0, of map 0F.
   * Only the form that hides a VMFUNC is decoded.
   */
  private Decoded rex2() {
    int payload = next();
    if (payload < 0) {
      return ended();
    }
    if (rex != 0) {
      return new Decoded.Unsupported("APX REX2 after a REX prefix");
    }
    int op = next();
    if (op < 0) {
      return ended();
    }
    if (payload < 0x80 || op != 0x01) {
      return new Decoded.Unsupported("APX REX2 D5 %02X %02X".formatted(payload, op));
    }
    int last = next();
    if (last < 0) {
      return ended();
    }
    if (last != 0xD4) {
      return new Decoded.Unsupported("APX REX2 D5 %02X 01 %02X".formatted(payload, last));
    }
    if (operandSizePrefix || repeatPrefix != 0 || lockPrefix) {
      return new Decoded.Unsupported("VMFUNC with a mandatory prefix (REX2)");
    }
    return finished(Mnemonic.VMFUNC, Optional.empty(), 32, 64, List.of(), Repeat.NONE, false);
  }

  private boolean selects(Row row) {
    Pattern pattern = row.pattern();
    if (!pattern.selectedBy(operandSizePrefix, repeatPrefix, (rex & 8) != 0)
        || (modRm >= 0 && !pattern.selectedByModRm(modRm))) {
      return false;
    }
    if (!(row instanceof Form form)) {
      return true;
    }
    int size = form.sizing.bits(mode, operandSizePrefix, (rex & 8) != 0);
    return (!form.has(W16) || size == 16)
        && (!form.has(W32) || size == 32)
        && (!form.has(W64) || size == 64)
        && (!form.has(REXB0) || (rex & 1) == 0);
  }

  private Decoded instruction(Form form) {
    operandSize = form.sizing.bits(mode, operandSizePrefix, (rex & 8) != 0);
    addressSize = addressSize();
    if (form.has(NEAR) && mode == Mode.BITS64 && operandSizePrefix && (rex & 8) == 0) {
      return new Decoded.Unsupported(
          form.mnemonic + " with 66 in 64-bit mode: ignored by Intel, 16-bit by AMD");
    }
    if ((form.has(REP) && repeatPrefix == 0xF2)) {
      return new Decoded.Reserved("F2 before " + form.mnemonic);
    }
    if (form.mnemonic == Mnemonic.MOV_CR
        && (CONTROL_REGISTERS >> (((modRm >> 3) & 7) | ((rex & 4) << 1)) & 1) == 0) {
      return new Decoded.Undefined("control register other than CR0, 2, 3, 4, 8");
    }
    if (form.mnemonic == Mnemonic.MOV_DR && (rex & 4) != 0) {
      return new Decoded.Undefined("debug register over DR7");
    }
    boolean counted = form.has(COUNTED);
    int trailing = 0;
    for (OperandKind kind : form.operands) {
      if (kind.slot == OperandKind.Slot.RM && modRm < 0xC0 && kind != OperandKind.Rr) {
        if (!address()) {
          return ended();
        }
      }
      counted |= kind.memory && (kind.slot != OperandKind.Slot.RM || modRm < 0xC0);
      trailing += kind.immediateBytes(operandSize, addressSize);
    }
    if (at + trailing > limit || at + trailing - start > LONGEST) {
      at = Math.min(limit, start + LONGEST);
      return ended();
    }
    Operand[] operands = new Operand[form.operands.size() + 1];
    int count = 0;
    for (OperandKind kind : form.operands) {
      operands[count++] = operand(kind);
      if (kind == OperandKind.Ap) {
        // In memory the offset comes first, in the operand list the selector.
        operands[count] = operands[count - 1];
        operands[count - 1] = new Operand.Immediate(integer(2), 16);
        count++;
      }
    }
    List<Operand> list =
        switch (count) {
          case 0 -> List.of();
          case 1 -> List.of(operands[0]);
          case 2 -> List.of(operands[0], operands[1]);
          default -> List.of(operands[0], operands[1], operands[2]);
        };
    boolean inMemory = count > 0 && operands[0] instanceof Operand.Memory;
    if (lockPrefix && !(form.has(LOCK) && inMemory)) {
      return form.mnemonic == Mnemonic.MOV_CR
          ? new Decoded.Unsupported("LOCK MOV CR0: CR8 on AMD, #UD on Intel")
          : form.mnemonic == Mnemonic.VMFUNC
              ? new Decoded.Unsupported("VMFUNC with LOCK")
              : new Decoded.Undefined("LOCK " + form.mnemonic);
    }
    Optional<Condition> condition =
        form.pattern().conditional() ? Optional.of(Condition.of(opcode & 15)) : Optional.empty();
    return finished(
        form.mnemonic,
        condition,
        operandSize,
        counted ? addressSize : mode.bits(),
        list,
        repeat(form),
        lockPrefix || (inMemory && form.has(XLOCK)));
  }

  private int addressSize() {
    return switch (mode) {
      case BITS64 -> addressSizePrefix ? 32 : 64;
      case BITS32 -> addressSizePrefix ? 16 : 32;
      case BITS16 -> addressSizePrefix ? 32 : 16;
    };
  }

  private Decoded foreign(ForeignForm form) {
    addressSize = addressSize();
    boolean inMemory = form.pattern().modRm() && modRm < 0xC0;
    if (inMemory && !address()) {
      return ended();
    }
    if (at + form.immediate() > limit || at + form.immediate() - start > LONGEST) {
      at = Math.min(limit, start + LONGEST);
      return ended();
    }
    at += form.immediate();
    if (lockPrefix) {
      return new Decoded.Undefined("LOCK " + form.set());
    }
    Optional<Operand.Memory> operand =
        inMemory ? Optional.of((Operand.Memory) memory(8 * form.bytes())) : Optional.empty();
    return new Decoded.Foreign(
        form.set(),
        at - start,
        operand,
        form.effect(),
        form.aligned(),
        form.computes(),
        form.leaves(),
        target(form.target()));
  }

  private Optional<Operand.Register> target(ForeignForm.Target target) {
    int width = (rex & 8) != 0 ? 64 : 32;
    int reg = (modRm >> 3 & 7) | (rex & 4) << 1;
    int rm = (modRm & 7) | (rex & 1) << 3;
    return switch (target) {
      case NONE -> Optional.empty();
      case REG -> Optional.of(new Operand.Register(Gpr.of(reg), width, false));
      case RM -> Optional.of(new Operand.Register(Gpr.of(rm), width, false));
      case AX -> Optional.of(new Operand.Register(Gpr.RAX, 16, false));
    };
  }

  private Repeat repeat(Form form) {
    if (repeatPrefix == 0 || !(form.has(REP) || form.has(REPE))) {
      return Repeat.NONE;
    }
    return form.has(REP) ? Repeat.REP : repeatPrefix == 0xF3 ? Repeat.REPE : Repeat.REPNE;
  }

  private Instruction finished(
      Mnemonic mnemonic,
      Optional<Condition> condition,
      int size,
      int address,
      List<Operand> operands,
      Repeat repeat,
      boolean lock) {
    return new Instruction(
        mnemonic, condition, mode, at - start, size, address, repeat, lock, operands);
  }

  /** Little-endian, sign-extended; the caller has checked that the bytes are there. */
  private long integer(int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (code[at++] & 0xFFL) << (8 * i);
    }
    int unused = 64 - 8 * bytes;
    return value << unused >> unused;
  }

  private Operand operand(OperandKind kind) {
    int reg = (modRm >> 3) & 7;
    return switch (kind.slot) {
      case RM -> {
        boolean inMemory = modRm < 0xC0 && kind != OperandKind.Rr;
        int width = kind.bits(inMemory, operandSize, mode);
        yield inMemory ? memory(width) : register((modRm & 7) | ((rex & 1) << 3), width);
      }
      case REG ->
          switch (kind) {
            case Sw -> new Operand.SegmentRegister(Segment.of(reg), 16);
            case Cd -> new Operand.ControlRegister(reg | ((rex & 4) << 1), operandSize);
            case Dd -> new Operand.DebugRegister(reg, operandSize);
            default -> register(reg | ((rex & 4) << 1), kind.bits(false, operandSize, mode));
          };
      case OPCODE -> register((opcode & 7) | ((rex & 1) << 3), kind.bits(false, operandSize, mode));
      case IMMEDIATE -> {
        int width = kind.bits(false, operandSize, mode);
        int bytes = kind.immediateBytes(operandSize, addressSize);
        yield new Operand.Immediate(integer(kind == OperandKind.Ap ? bytes - 2 : bytes), width);
      }
      case RELATIVE ->
          new Operand.Relative(integer(kind.immediateBytes(operandSize, addressSize)), operandSize);
      case MOFFS -> {
        displacement = integer(addressSize / 8);
        yield memory(segment(Segment.DS), kind.bits(true, operandSize, mode));
      }
      case STRING -> {
        boolean source = kind != OperandKind.Yb && kind != OperandKind.Yv && kind != OperandKind.Yz;
        base = kind == OperandKind.XLAT_TABLE ? RBX : source ? RSI : RDI;
        yield memory(source ? segment(Segment.DS) : Segment.ES, kind.bits(true, operandSize, mode));
      }
      case FIXED -> fixed(kind);
    };
  }

  private Operand fixed(OperandKind kind) {
    return switch (kind) {
      case AL -> register(0, 8, false);
      case CL -> register(1, 8, false);
      case DX -> register(2, 16, false);
      case rAX, eAX -> register(0, kind.bits(false, operandSize, mode), false);
      case ONE -> ONE;
      default -> new Operand.SegmentRegister(Segment.valueOf(kind.name()), 16);
    };
  }

  /** Register {@code number}: without REX, byte registers 4..7 are AH, CH, DH, BH. */
  private Operand register(int number, int width) {
    return register(number, width, width == 8 && rex == 0 && number >= 4 && number < 8);
  }

  private static Operand register(int number, int width, boolean high) {
    return high
        ? REGISTERS[4][number - 4]
        : REGISTERS[Integer.numberOfTrailingZeros(width) - 3][number];
  }

  // The address being read: registers by number or -1.
  private int base = -1;
  private int index = -1;
  private int scale = 1;
  private long displacement;
  private boolean ripRelative;

  /** Reads SIB and displacement (SDM vol. 2 tables 2-1 to 2-3); false if the bytes end. */
  private boolean address() {
    int mod = modRm >> 6;
    int rm = modRm & 7;
    int bytes;
    if (addressSize == 16) {
      base = BASE16[rm];
      index = INDEX16[rm];
      if (mod == 0 && rm == 6) {
        base = -1;
      }
      bytes = mod == 0 ? (rm == 6 ? 2 : 0) : mod;
    } else {
      bytes = mod == 0 ? 0 : mod == 1 ? 1 : 4;
      if (rm == 4) {
        int sib = next();
        if (sib < 0) {
          return false;
        }
        index = ((sib >> 3) & 7) | ((rex & 2) << 2);
        scale = 1 << (sib >> 6);
        if (index == RSP) {
          index = -1;
          scale = 1;
        }
        base = (sib & 7) | ((rex & 1) << 3);
        if ((sib & 7) == 5 && mod == 0) {
          base = -1;
          bytes = 4;
        }
      } else if (rm == 5 && mod == 0) {
        ripRelative = mode == Mode.BITS64;
        bytes = 4;
      } else {
        base = rm | ((rex & 1) << 3);
      }
    }
    if (at + bytes > limit || at + bytes - start > LONGEST) {
      at = Math.min(limit, start + LONGEST);
      return false;
    }
    displacement = integer(bytes);
    return true;
  }

  private Operand memory(int width) {
    Segment standard = base == RSP || base == RBP ? Segment.SS : Segment.DS;
    return memory(segment(standard), width);
  }

  private Segment segment(Segment standard) {
    return segmentOverride < 0 ? standard : Segment.of(segmentOverride);
  }

  private Operand memory(Segment segment, int width) {
    return new Operand.Memory(
        segment,
        base < 0 ? Optional.empty() : OPTIONAL_GPRS.get(base),
        index < 0 ? Optional.empty() : OPTIONAL_GPRS.get(index),
        scale,
        displacement,
        ripRelative,
        addressSize,
        width);
  }
}

package dev.postern.x86;

import static dev.postern.x86.Mnemonic.*;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Names in Intel's assembly syntax, as the disassembler writes and the assembler reads them. */
final class Names {

  private Names() {}

  /**
   * What a word of assembly asks for; an absent operand size or address size is left to the
   * operands and the mode.
   */
  record Meaning(
      Mnemonic mnemonic,
      Optional<Condition> condition,
      Optional<Integer> operandSize,
      Optional<Integer> addressSize) {}

  private static final Map<Mnemonic, String> IRREGULAR = new EnumMap<>(Mnemonic.class);

  static {
    IRREGULAR.put(XLAT, "xlatb");
    IRREGULAR.put(JMP_FAR, "jmp far");
    IRREGULAR.put(CALL_FAR, "call far");
    IRREGULAR.put(RET_FAR, "retf");
    IRREGULAR.put(MOV_CR, "mov");
    IRREGULAR.put(MOV_DR, "mov");
    IRREGULAR.put(JCC, "j");
    IRREGULAR.put(SETCC, "set");
    IRREGULAR.put(CMOV, "cmov");
  }

  /** String instructions: always b, w, d or q. */
  private static final Set<Mnemonic> STRINGS = EnumSet.of(MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS);

  /** Their size always shows in the name: w, d or q. */
  private static final Set<Mnemonic> SUFFIXED = EnumSet.of(PUSHF, POPF, IRET, PUSHA, POPA);

  /** Three names for one opcode, by size. */
  private static final Set<Mnemonic> NAMED_BY_SIZE = EnumSet.of(CBW, CWDE, CDQE, CWD, CDQ, CQO);

  /** The operand size matters beyond what the operand shows. */
  private static final Set<Mnemonic> TABLES = EnumSet.of(SGDT, SIDT, LGDT, LIDT);

  private static final Map<String, Condition> CONDITIONS = conditions();
  private static final Map<String, Meaning> MEANINGS = meanings();

  /** Whether the name itself tells the operand size. */
  static boolean sized(Mnemonic mnemonic) {
    return STRINGS.contains(mnemonic)
        || SUFFIXED.contains(mnemonic)
        || NAMED_BY_SIZE.contains(mnemonic);
  }

  /** Whether an operand, if there is one, tells the operand size. */
  static boolean sizedByOperand(Mnemonic mnemonic) {
    return !TABLES.contains(mnemonic);
  }

  static boolean isString(Mnemonic mnemonic) {
    return STRINGS.contains(mnemonic);
  }

  static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String stem(Mnemonic mnemonic) {
    return IRREGULAR.getOrDefault(mnemonic, lower(mnemonic));
  }

  static char suffix(int bits) {
    return switch (bits) {
      case 8 -> 'b';
      case 16 -> 'w';
      case 32 -> 'd';
      default -> 'q';
    };
  }

  /** The instruction's name without prefixes. */
  static String of(Instruction instruction) {
    Mnemonic mnemonic = instruction.mnemonic();
    int size = instruction.operandSize();
    if (mnemonic == JCXZ) {
      return switch (instruction.addressSize()) {
        case 16 -> "jcxz";
        case 32 -> "jecxz";
        default -> "jrcxz";
      };
    }
    String name = stem(mnemonic);
    if (instruction.condition().isPresent()) {
      name += lower(instruction.condition().get());
    }
    if (STRINGS.contains(mnemonic) || SUFFIXED.contains(mnemonic)) {
      return name + suffix(size);
    }
    return name;
  }

  /** Operand size, without prefixes, of an instruction that shows none. */
  static int usualSize(Mnemonic mnemonic, Mode mode) {
    if (mnemonic == SYSRET || mnemonic == SYSEXIT) {
      return 32;
    }
    return switch (mode) {
      case BITS16 -> 16;
      case BITS32 -> 32;
      case BITS64 ->
          switch (mnemonic) {
            case PUSH, POP, CALL, RET, JMP, JCC, JCXZ, LOOP, LOOPE, LOOPNE, ENTER, LEAVE -> 64;
            case SGDT, SIDT, LGDT, LIDT -> 64;
            default -> 32;
          };
    };
  }

  /** What {@code word} (lower case) names, if anything. */
  static Optional<Meaning> meaning(String word) {
    return Optional.ofNullable(MEANINGS.get(word));
  }

  private static Map<String, Condition> conditions() {
    Map<String, Condition> map = new HashMap<>();
    for (Condition condition : Condition.values()) {
      map.put(lower(condition), condition);
    }
    String[] aliases = {
      "c", "b", "nae", "b", "nc", "ae", "nb", "ae", "z", "e", "nz", "ne", "na", "be", "nbe", "a",
      "pe", "p", "po", "np", "nge", "l", "nl", "ge", "ng", "le", "nle", "g"
    };
    for (int i = 0; i < aliases.length; i += 2) {
      map.put(aliases[i], map.get(aliases[i + 1]));
    }
    return map;
  }

  private static Map<String, Meaning> meanings() {
    Map<String, Meaning> map = new HashMap<>();
    for (Mnemonic mnemonic : Mnemonic.values()) {
      String stem = stem(mnemonic);
      switch (mnemonic) {
        case JCC, SETCC, CMOV ->
            CONDITIONS.forEach((text, condition) ->
                map.put(stem + text, meaning(mnemonic, Optional.of(condition), 0, 0)));
        case JCXZ -> {
          map.put("jcxz", meaning(mnemonic, Optional.empty(), 0, 16));
          map.put("jecxz", meaning(mnemonic, Optional.empty(), 0, 32));
          map.put("jrcxz", meaning(mnemonic, Optional.empty(), 0, 64));
        }
        case MOV_CR, MOV_DR -> {} // "mov": the operands tell
        default -> {
          if (!STRINGS.contains(mnemonic)) {
            map.put(stem, meaning(mnemonic, Optional.empty(), 0, 0));
          }
        }
      }
      if (STRINGS.contains(mnemonic)) {
        map.put(stem + 'b', meaning(mnemonic, Optional.empty(), 8, 0));
      }
      if (STRINGS.contains(mnemonic) || SUFFIXED.contains(mnemonic)) {
        for (int size : List.of(16, 32, 64)) {
          map.putIfAbsent(stem + suffix(size), meaning(mnemonic, Optional.empty(), size, 0));
        }
      }
    }
    alias(map, "sal", "shl");
    alias(map, "loopz", "loope");
    alias(map, "loopnz", "loopne");
    alias(map, "icebp", "int1");
    alias(map, "xlat", "xlatb");
    alias(map, "movabs", "mov");
    alias(map, "ud2a", "ud2");
    return map;
  }

  private static void alias(Map<String, Meaning> map, String alias, String name) {
    map.put(alias, map.get(name));
  }

  private static Meaning meaning(
      Mnemonic mnemonic, Optional<Condition> condition, int operandSize, int addressSize) {
    return new Meaning(
        mnemonic,
        condition,
        operandSize == 0 ? Optional.empty() : Optional.of(operandSize),
        addressSize == 0 ? Optional.empty() : Optional.of(addressSize));
  }

  private static final String[] BYTES = {
    "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
    "r13b", "r14b", "r15b"
  };

  static String register(Gpr gpr, int width) {
    int code = gpr.code();
    if (width == 8) {
      return BYTES[code];
    }
    String name = lower(gpr);
    if (code >= 8) {
      return width == 64 ? name : name + suffix(width);
    }
    return switch (width) {
      case 64 -> name;
      case 32 -> "e" + name.substring(1);
      default -> name.substring(1);
    };
  }

  static String register(Operand.Register register) {
    return register.high()
        ? lower(register.gpr()).substring(1, 2) + "h"
        : register(register.gpr(), register.width());
  }

  private static final Map<String, Operand> REGISTERS = registers();

  /** The register called {@code word} (lower case): general, segment, control or debug. */
  static Optional<Operand> register(String word) {
    return Optional.ofNullable(REGISTERS.get(word));
  }

  private static Map<String, Operand> registers() {
    Map<String, Operand> map = new HashMap<>();
    for (Gpr gpr : Gpr.values()) {
      for (int width = 8; width <= 64; width *= 2) {
        map.put(register(gpr, width), new Operand.Register(gpr, width, false));
      }
      if (gpr.code() < 4) {
        Operand.Register high = new Operand.Register(gpr, 8, true);
        map.put(register(high), high);
      }
    }
    for (Segment segment : Segment.values()) {
      map.put(lower(segment), new Operand.SegmentRegister(segment, 16));
    }
    for (int i = 0; i < 16; i++) {
      map.put("cr" + i, new Operand.ControlRegister(i, 64));
      map.put("dr" + i, new Operand.DebugRegister(i, 64));
    }
    return map;
  }
}

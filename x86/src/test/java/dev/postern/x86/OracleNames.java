package dev.postern.x86;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Our names against the oracles': synonyms only. */
final class OracleNames {

  /** Whatever the oracle calls it, in our words. */
  private static final Map<String, String> SYNONYMS = synonyms();

  /** One mnemonic of ours for several names of theirs. */
  private static final Map<Mnemonic, Set<String>> COARSER =
      Map.of(
          Mnemonic.PREFETCH,
          Set.of(
              "prefetchnta",
              "prefetcht0",
              "prefetcht1",
              "prefetcht2",
              "prefetchw",
              "prefetchwt1",
              "prefetch"),
          // A hint; a processor without it executes a NOP, one with it changes no state either.
          Mnemonic.NOP,
          Set.of("cldemote", "nop", "prefetchit0", "prefetchit1"));

  private OracleNames() {}

  private static Map<String, String> synonyms() {
    Map<String, String> map = new HashMap<>();
    String[] conditions = {
      "z", "e", "nz", "ne", "nb", "ae", "nbe", "a", "nl", "ge", "nle", "g", "na", "be", "c", "b"
    };
    for (int i = 0; i < conditions.length; i += 2) {
      for (String stem : new String[] {"j", "set", "cmov"}) {
        map.put(stem + conditions[i], stem + conditions[i + 1]);
      }
    }
    map.put("xlat", "xlatb");
    map.put("movabs", "mov");
    return map;
  }

  static boolean same(Instruction instruction, String theirs) {
    String ours = Names.of(instruction);
    String name = SYNONYMS.getOrDefault(theirs, theirs);
    if (ours.equals(name)
        || COARSER.getOrDefault(instruction.mnemonic(), Set.of()).contains(theirs)) {
      return true;
    }
    char suffix = Names.suffix(instruction.operandSize());
    return switch (instruction.mnemonic()) {
      // Near or far is not in Zydis's name; lengths agree, and the operands are ours to test.
      case RET_FAR -> name.equals("ret") || name.equals("retf" + suffix);
      case JMP_FAR -> name.equals("jmp");
      case CALL_FAR -> name.equals("call");
      // The operand size as a suffix, where one side has it and the other shows it elsewhere.
      case PUSHF, POPF, IRET, PUSHA, POPA, MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS ->
          name.equals(ours.substring(0, ours.length() - 1));
      case PUSH, POP, ENTER, LEAVE, CALL, RET, JMP, SYSRET, SYSEXIT -> name.equals(ours + suffix);
      case SGDT, SIDT, LGDT, LIDT -> name.equals(ours + "w") || name.equals(ours + "d");
      // 66 90
      case NOP -> instruction.operands().isEmpty() && name.equals("xchg");
      default -> false;
    };
  }
}

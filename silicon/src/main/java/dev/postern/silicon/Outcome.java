package dev.postern.silicon;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the processor did with a trial.
 *
 * @param exit basic exit reason that ended it (SDM vol. 3 appendix C)
 * @param values of the report's last line: {@code rip}, {@code idx}, {@code qual}, {@code gpa},
 *     {@code vec}, {@code w0}, {@code w1} and the registers
 * @param steps after each instruction, if asked for
 */
public record Outcome(String name, int exit, Map<String, Long> values, List<State> steps) {

  /** Exit reasons (SDM vol. 3 appendix C). */
  public static final int EXCEPTION = 0;

  public static final int CPUID = 10;
  public static final int HLT = 12;
  public static final int VMCALL = 18;
  public static final int CONTROL_REGISTER = 28;
  public static final int EPT_VIOLATION = 48;
  public static final int EPT_MISCONFIGURATION = 49;
  public static final int TIMER = 52;
  public static final int VMFUNC = 59;

  public Outcome {
    values = Map.copyOf(values);
    steps = List.copyOf(steps);
  }

  public long value(String name) {
    Long value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the report has no " + name);
    }
    return value;
  }

  /** Whether the instruction limit of a stepped trial ended it. */
  public boolean cut() {
    return exit == TIMER || (exit == EXCEPTION && value("vec") == 1);
  }

  /** The end in a reader's words. */
  public String text() {
    String where = " at 0x" + Long.toHexString(value("rip")) + ", view " + value("idx");
    return switch (exit) {
      case EXCEPTION -> "exception " + value("vec") + where;
      case EPT_VIOLATION ->
          "EPT violation ("
              + letters(value("qual"))
              + ") on gpa 0x"
              + Long.toHexString(value("gpa"))
              + where;
      case VMCALL -> "VMCALL" + where;
      case VMFUNC -> "exit 59 (VMFUNC)" + where;
      case CONTROL_REGISTER -> "exit 28 (control register)" + where;
      default -> "exit " + exit + where;
    };
  }

  private static String letters(long qualification) {
    return ((qualification & 1) != 0 ? "r" : "")
        + ((qualification & 2) != 0 ? "w" : "")
        + ((qualification & 4) != 0 ? "x" : "");
  }

  /** Name and hexadecimal value of each word {@code name=0x…}; {@code exit} is decimal. */
  static Map<String, Long> parse(String line) {
    Map<String, Long> values = new HashMap<>();
    for (String word : line.split(" ")) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        String value = word.substring(equals + 1);
        values.put(
            word.substring(0, equals),
            value.startsWith("0x")
                ? Long.parseUnsignedLong(value.substring(2), 16)
                : Long.parseLong(value));
      }
    }
    return values;
  }
}

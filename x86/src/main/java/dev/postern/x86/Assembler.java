package dev.postern.x86;

import dev.postern.x86.Assembly.Line;
import dev.postern.x86.Assembly.Place;
import dev.postern.x86.Assembly.Problem;
import dev.postern.x86.AssemblySyntax.Expression;
import dev.postern.x86.AssemblySyntax.Parsed;
import dev.postern.x86.AssemblySyntax.Statement;
import dev.postern.x86.AssemblySyntax.Written;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Intel-syntax text to bytes: labels, instructions of the table, {@code .byte .word .long .quad},
 * comments after {@code #}, {@code ;} or {@code //}. A number or a label as a branch target is an
 * address; {@code [rip+label]} reaches the label, {@code [rip+8]} is eight bytes past the
 * instruction. Branches start short and grow until they reach.
 *
 * <p>Everything wrong in the text is reported, each problem with its line and column.
 */
public final class Assembler {

  /** SDM vol. 2 §2.3.11. */
  private static final int LONGEST = 15;

  private static final Map<String, Integer> DATA =
      Map.of(".byte", 1, ".word", 2, ".long", 4, ".quad", 8);

  private final Mode mode;
  private final long origin;
  private final List<Statement> statements = new ArrayList<>();

  /** For each label, the statement it stands before. */
  private final Map<String, Integer> labels = new LinkedHashMap<>();

  private final Map<String, Long> symbols;
  private final List<Problem> problems = new ArrayList<>();
  private final List<byte[]> code = new ArrayList<>();

  private Assembler(Mode mode, long origin, Map<String, Long> symbols) {
    this.mode = mode;
    this.origin = origin;
    this.symbols = symbols;
  }

  /** Assembles for {@code origin}, the address of the first byte. */
  public static Assembly assemble(List<Line> lines, Mode mode, long origin) {
    return assemble(lines, mode, origin, Map.of());
  }

  /** Also knows {@code symbols}: names defined elsewhere, with their addresses. */
  public static Assembly assemble(
      List<Line> lines, Mode mode, long origin, Map<String, Long> symbols) {
    Assembler assembler = new Assembler(mode, origin, Map.copyOf(symbols));
    assembler.parse(lines);
    assembler.checkNames();
    if (assembler.problems.isEmpty()) {
      assembler.layOut();
    }
    return assembler.result();
  }

  private void parse(List<Line> lines) {
    for (Line line : lines) {
      Parsed parsed = AssemblySyntax.parse(line);
      for (String label : parsed.labels()) {
        boolean twice = labels.putIfAbsent(label, statements.size()) != null;
        if (twice || symbols.containsKey(label)) {
          problem(line, line.column(), "label '" + label + "' is already defined");
        }
      }
      parsed.statement().ifPresent(statements::add);
      parsed.problem().ifPresent(problems::add);
    }
  }

  private void checkNames() {
    for (Statement statement : statements) {
      if (!DATA.containsKey(statement.name()) && Names.meaning(statement.name()).isEmpty()) {
        String kind = statement.name().startsWith(".") ? "directive" : "instruction";
        problem(statement, statement.column(), "unknown " + kind + " '" + statement.name() + "'");
      }
      for (Written operand : statement.operands()) {
        expressions(operand).forEach(value -> checkNames(statement, operand, value));
      }
    }
  }

  private void checkNames(Statement statement, Written operand, Expression value) {
    for (String name : value.labels().keySet()) {
      if (!name.equals(Expression.HERE)
          && !labels.containsKey(name)
          && !symbols.containsKey(name)) {
        problem(statement, operand.column(), "undefined label '" + name + "'");
      }
    }
  }

  private static List<Expression> expressions(Written operand) {
    return switch (operand) {
      case Written.Register register -> List.of();
      case Written.Value value -> List.of(value.value());
      case Written.FarPointer pointer -> List.of(pointer.selector(), pointer.offset());
      case Written.Memory memory -> List.of(memory.displacement());
    };
  }

  /** Encodes every statement, growing those whose targets are too far, until nothing changes. */
  private void layOut() {
    int[] lengths = new int[statements.size()];
    boolean[] positional = new boolean[statements.size()];
    for (int i = 0; i < statements.size(); i++) {
      code.add(new byte[0]);
      Statement statement = statements.get(i);
      positional[i] =
          DATA.containsKey(statement.name())
              || new AssemblyForms(mode, statement, symbols).positional();
    }
    boolean first = true;
    boolean changed = true;
    while (changed && problems.isEmpty()) {
      changed = false;
      // Labels and statements by the same layout, the one before: else what grew in between counts
      // as distance, and short branches over little grow too.
      long[] starts = starts(lengths);
      Map<String, Long> addresses = addresses(starts);
      for (int i = 0; i < statements.size(); i++) {
        Statement statement = statements.get(i);
        if (first || positional[i]) {
          addresses.put(Expression.HERE, starts[i]);
          byte[] bytes = encode(statement, starts[i], addresses, lengths[i]);
          code.set(i, bytes);
          changed |= bytes.length != lengths[i];
          lengths[i] = bytes.length;
        }
      }
      first = false;
    }
  }

  private long[] starts(int[] lengths) {
    long[] starts = new long[lengths.length + 1];
    starts[0] = origin;
    for (int i = 0; i < lengths.length; i++) {
      starts[i + 1] = starts[i] + lengths[i];
    }
    return starts;
  }

  private Map<String, Long> addresses(long... starts) {
    Map<String, Long> addresses = new HashMap<>(symbols);
    labels.forEach((label, index) -> addresses.put(label, starts[index]));
    return addresses;
  }

  /** At least {@code shortest} bytes, so that layout comes to rest; empty after a problem. */
  private byte[] encode(
      Statement statement, long address, Map<String, Long> addresses, int shortest) {
    Integer unit = DATA.get(statement.name());
    if (unit != null) {
      return data(statement, unit, addresses);
    }
    AssemblyForms forms = new AssemblyForms(mode, statement, addresses);
    boolean positional = forms.positional();
    for (int length = Math.max(shortest, 1); length <= LONGEST; length++) {
      Optional<byte[]> bytes = best(forms.candidates(address + length), length, positional);
      if (forms.ambiguous()) {
        problem(
            statement,
            statement.column(),
            "operand size is ambiguous",
            "write byte ptr, word ptr, dword ptr or qword ptr before the memory operand");
        return new byte[0];
      }
      if (bytes.isPresent()) {
        return bytes.get();
      }
      if (!positional) {
        break;
      }
    }
    problem(statement, statement.column(), forms.complaint());
    return new byte[0];
  }

  /** The shortest; where the bytes depend on their own length, the one that has it. */
  private static Optional<byte[]> best(
      Set<Instruction> candidates, int length, boolean positional) {
    return candidates.stream()
        .flatMap(instruction -> Encoder.encodings(instruction).stream())
        .filter(bytes -> !positional || bytes.length == length)
        .min(Comparator.comparingInt(bytes -> bytes.length));
  }

  private byte[] data(Statement statement, int unit, Map<String, Long> addresses) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (statement.operands().isEmpty()) {
      problem(statement, statement.column(), statement.name() + " without a value");
    }
    for (Written operand : statement.operands()) {
      if (operand instanceof Written.Value written) {
        long value = AssemblyForms.evaluate(written.value(), addresses);
        if (!AssemblyForms.fits(value, unit * 8)) {
          problem(statement, operand.column(), "value does not fit in " + unit * 8 + " bits");
        }
        for (int i = 0; i < unit; i++) {
          out.write((int) (value >> (8 * i)));
        }
      } else {
        problem(statement, operand.column(), "expected a value");
      }
    }
    return out.toByteArray();
  }

  private Assembly result() {
    if (!problems.isEmpty()) {
      problems.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
      return new Assembly.Failed(problems);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<Place> places = new ArrayList<>();
    int[] starts = new int[statements.size() + 1];
    for (int i = 0; i < statements.size(); i++) {
      starts[i] = out.size();
      out.writeBytes(code.get(i));
      places.add(new Place(starts[i], code.get(i).length, statements.get(i).line()));
    }
    starts[statements.size()] = out.size();
    Map<String, Integer> offsets = new LinkedHashMap<>();
    labels.forEach((label, index) -> offsets.put(label, starts[index]));
    return new Assembly.Code(out.toByteArray(), offsets, places);
  }

  private void problem(Line line, int column, String message) {
    problems.add(new Problem(line.number(), column, message, Optional.empty()));
  }

  private void problem(Statement statement, int column, String message) {
    problems.add(new Problem(statement.line(), column, message, Optional.empty()));
  }

  private void problem(Statement statement, int column, String message, String hint) {
    problems.add(new Problem(statement.line(), column, message, Optional.of(hint)));
  }
}

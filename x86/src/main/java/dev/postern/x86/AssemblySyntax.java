package dev.postern.x86;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The grammar of a line: {@code label: prefix mnemonic operand, operand # comment}. Nothing here
 * knows instructions; names of registers and prefixes are the only words with a meaning.
 */
final class AssemblySyntax {

  /**
   * A constant plus labels, each counted with its sign; {@code .} is the statement's own address.
   */
  record Expression(long constant, Map<String, Integer> labels) {
    static final String HERE = ".";

    boolean isConstant() {
      return labels.isEmpty();
    }

    /** One label net: moves with the code. Otherwise a number, however it came about. */
    boolean isAddress() {
      return labels.values().stream().mapToInt(Integer::intValue).sum() == 1;
    }

    Expression plus(Expression other, int sign) {
      Map<String, Integer> sum = new LinkedHashMap<>(labels);
      other.labels.forEach((label, times) -> sum.merge(label, sign * times, Integer::sum));
      sum.values().removeIf(times -> times == 0);
      return new Expression(constant + sign * other.constant, Map.copyOf(sum));
    }
  }

  /** An operand as written; sizes still open. */
  sealed interface Written {
    int column();

    record Register(Operand operand, int column) implements Written {}

    record Value(Expression value, int column) implements Written {}

    record FarPointer(Expression selector, Expression offset, int column) implements Written {}

    /** Width 0: not said. {@code addressSize} 0: no register says. */
    record Memory(
        int width,
        Optional<Segment> segment,
        Optional<Gpr> base,
        Optional<Gpr> index,
        int scale,
        boolean ripRelative,
        int addressSize,
        Expression displacement,
        int column)
        implements Written {}
  }

  /**
   * One statement: an instruction with its prefixes, or a directive (its name begins with a dot).
   */
  record Statement(
      int line, int column, List<String> prefixes, String name, List<Written> operands) {}

  /** A line after parsing: what it holds, or what is wrong with it. */
  record Parsed(
      List<String> labels, Optional<Statement> statement, Optional<Assembly.Problem> problem) {}

  /** A mistake, thrown inside this file and caught at its door. */
  private static final class Mistake extends Exception {
    private static final long serialVersionUID = 1L;
    final transient Assembly.Problem problem;

    Mistake(Assembly.Problem problem) {
      super(problem.message());
      this.problem = problem;
    }
  }

  private static final List<String> PREFIXES =
      List.of(
          "lock", "rep", "repe", "repz", "repne", "repnz", "data16", "data32", "rex.w", "addr16",
          "addr32");

  private static final Map<String, Integer> WIDTHS =
      Map.of(
          "byte", 8, "word", 16, "dword", 32, "fword", 48, "qword", 64, "tbyte", 80, "xmmword", 128,
          "oword", 128);

  private static final long UNSCALED = -1;

  private final Assembly.Line line;
  private final String text;
  private int at;

  private AssemblySyntax(Assembly.Line line) {
    this.line = line;
    this.text = uncommented(line.text());
  }

  static Parsed parse(Assembly.Line line) {
    AssemblySyntax syntax = new AssemblySyntax(line);
    List<String> labels = new ArrayList<>();
    try {
      return new Parsed(labels, syntax.line(labels), Optional.empty());
    } catch (Mistake mistake) {
      return new Parsed(labels, Optional.empty(), Optional.of(mistake.problem));
    }
  }

  private static String uncommented(String text) {
    int end = text.length();
    for (String mark : List.of("#", ";", "//")) {
      int found = text.indexOf(mark);
      if (found >= 0) {
        end = Math.min(end, found);
      }
    }
    return text.substring(0, end);
  }

  private Optional<Statement> line(List<String> labels) throws Mistake {
    blanks();
    while (at < text.length()) {
      int start = at;
      String word = word();
      blanks();
      if (!accept(':')) {
        return Optional.of(statement(start, word));
      }
      if (Names.register(lower(word)).isPresent() || word.equals(Expression.HERE)) {
        throw mistake(start, "'" + word + "' cannot be a label");
      }
      labels.add(word);
      blanks();
    }
    return Optional.empty();
  }

  private Statement statement(int start, String first) throws Mistake {
    List<String> prefixes = new ArrayList<>();
    String name = lower(first);
    int nameAt = start;
    while (PREFIXES.contains(name)) {
      prefixes.add(name);
      blanks();
      nameAt = at;
      if (at == text.length()) {
        throw mistake(start, "prefix '" + name + "' without an instruction");
      }
      name = lower(word());
      blanks();
    }
    List<Written> operands = new ArrayList<>();
    int before = at;
    if ((name.equals("jmp") || name.equals("call")) && at < text.length()) {
      if (lower(peekWord()).equals("far")) {
        word();
        name += " far";
        blanks();
      } else {
        at = before;
      }
    }
    if (at < text.length()) {
      do {
        blanks();
        operands.add(operand());
        blanks();
      } while (accept(','));
    }
    if (at < text.length()) {
      throw mistake(at, "unexpected '" + text.charAt(at) + "'");
    }
    return new Statement(line.number(), line.column() + nameAt, prefixes, name, operands);
  }

  private Written operand() throws Mistake {
    int start = at;
    int width = 0;
    String first = lower(peekWord());
    Integer said = WIDTHS.get(first);
    if (said != null) {
      width = said;
      word();
      blanks();
      if (lower(peekWord()).equals("ptr")) {
        word();
        blanks();
      }
    }
    if (peek() == '[') {
      return memory(start, width, Optional.empty());
    }
    String name = lower(peekWord());
    Optional<Operand> register = Names.register(name);
    if (register.isPresent()) {
      int registerAt = at;
      word();
      blanks();
      if (register.get() instanceof Operand.SegmentRegister segment && accept(':')) {
        blanks();
        return memory(start, width, Optional.of(segment.segment()));
      }
      if (said != null) {
        throw mistake(start, "a size before a register");
      }
      return new Written.Register(register.get(), line.column() + registerAt);
    }
    if (said != null) {
      throw mistake(start, "a size without a memory operand");
    }
    Expression value = expression();
    blanks();
    if (accept(':')) {
      blanks();
      return new Written.FarPointer(value, expression(), line.column() + start);
    }
    return new Written.Value(value, line.column() + start);
  }

  private Written memory(int start, int width, Optional<Segment> segment) throws Mistake {
    if (peek() != '[') {
      if (segment.isEmpty()) {
        throw mistake(at, "expected '['");
      }
      Expression displacement = expression();
      return new Written.Memory(
          width,
          segment,
          Optional.empty(),
          Optional.empty(),
          1,
          false,
          0,
          displacement,
          line.column() + start);
    }
    accept('[');
    Address address = new Address();
    int sign = 1;
    do {
      blanks();
      term(address, sign);
      blanks();
      sign = peek() == '-' ? -1 : 1;
    } while (accept('+') || accept('-'));
    if (!accept(']')) {
      throw mistake(at, "expected ']'");
    }
    address.settle();
    return new Written.Memory(
        width,
        segment,
        address.base,
        address.index,
        address.scale,
        address.ripRelative,
        address.size,
        address.displacement,
        line.column() + start);
  }

  /** The parts of an address met so far. */
  private static final class Address {
    Optional<Gpr> base = Optional.empty();
    Optional<Gpr> index = Optional.empty();
    int scale = 1;
    boolean scaled;
    boolean ripRelative;
    int size;
    Expression displacement = new Expression(0, Map.of());

    /** RSP cannot be an index, SI and DI not a 16-bit base beside BX or BP: then the two swap. */
    void settle() {
      boolean swap =
          base.isPresent()
              && index.isPresent()
              && !scaled
              && (index.get() == Gpr.RSP
                  || (size == 16 && (index.get() == Gpr.RBX || index.get() == Gpr.RBP)));
      if (swap) {
        Optional<Gpr> other = base;
        base = index;
        index = other;
      }
    }
  }

  private void term(Address address, int sign) throws Mistake {
    int start = at;
    String name = lower(peekWord());
    if (name.equals("rip") || name.equals("eip")) {
      word();
      if (sign < 0 || address.size != 0) {
        throw mistake(start, name + " stands first and alone");
      }
      address.ripRelative = true;
      address.size = name.equals("rip") ? 64 : 32;
      return;
    }
    Optional<Operand> register = Names.register(name);
    if (register.isPresent()) {
      word();
      blanks();
      long scale = UNSCALED;
      if (accept('*')) {
        blanks();
        scale = number();
      }
      register(address, register.get(), scale, sign, start);
      return;
    }
    if (Character.isDigit(peek())) {
      long number = number();
      blanks();
      if (accept('*')) {
        blanks();
        int registerAt = at;
        Optional<Operand> scaled = Names.register(lower(word()));
        if (scaled.isEmpty()) {
          throw mistake(registerAt, "expected a register after '*'");
        }
        register(address, scaled.get(), number, sign, start);
      } else {
        address.displacement = address.displacement.plus(new Expression(number, Map.of()), sign);
      }
      return;
    }
    address.displacement = address.displacement.plus(new Expression(0, Map.of(word(), 1)), sign);
  }

  private void register(Address address, Operand operand, long scale, int sign, int start)
      throws Mistake {
    if (!(operand instanceof Operand.Register register)
        || register.width() == 8
        || sign < 0
        || (address.size != 0 && address.size != register.width())
        || address.ripRelative) {
      throw mistake(start, "not a register that can stand here in an address");
    }
    address.size = register.width();
    if (scale == UNSCALED && address.base.isEmpty()) {
      address.base = Optional.of(register.gpr());
    } else if (address.index.isEmpty()) {
      if (scale != UNSCALED && scale != 1 && scale != 2 && scale != 4 && scale != 8) {
        throw mistake(start, "scale " + scale + " is not 1, 2, 4 or 8");
      }
      address.index = Optional.of(register.gpr());
      address.scale = scale == UNSCALED ? 1 : (int) scale;
      address.scaled = scale != UNSCALED;
    } else {
      throw mistake(start, "a third register in an address");
    }
  }

  private Expression expression() throws Mistake {
    Expression sum = new Expression(0, Map.of());
    int sign = 1;
    if (accept('-')) {
      sign = -1;
    }
    do {
      blanks();
      Expression term =
          Character.isDigit(peek())
              ? new Expression(number(), Map.of())
              : new Expression(0, Map.of(word(), 1));
      sum = sum.plus(term, sign);
      blanks();
      sign = peek() == '-' ? -1 : 1;
    } while (accept('+') || accept('-'));
    return sum;
  }

  private long number() throws Mistake {
    int start = at;
    while (at < text.length() && (Character.isLetterOrDigit(peek()) || peek() == '_')) {
      at++;
    }
    String digits = lower(text.substring(start, at)).replace("_", "");
    try {
      return digits.startsWith("0x")
          ? Long.parseUnsignedLong(digits.substring(2), 16)
          : digits.startsWith("0b")
              ? Long.parseUnsignedLong(digits.substring(2), 2)
              : Long.parseUnsignedLong(digits);
    } catch (NumberFormatException e) {
      throw mistake(
          start, "'" + text.substring(start, at) + "' is not a number of at most 64 bits");
    }
  }

  private static boolean wordCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '.'
        || c == '$';
  }

  private String peekWord() {
    int end = at;
    while (end < text.length() && wordCharacter(text.charAt(end))) {
      end++;
    }
    return text.substring(at, end);
  }

  private String word() throws Mistake {
    String word = peekWord();
    if (word.isEmpty() || Character.isDigit(word.charAt(0))) {
      throw at < text.length()
          ? mistake(at, "unexpected '" + text.charAt(at) + "'")
          : mistake(at, "unexpected end of line");
    }
    at += word.length();
    return word;
  }

  private static String lower(String word) {
    return word.toLowerCase(Locale.ROOT);
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private boolean accept(char c) {
    if (peek() == c && at < text.length()) {
      at++;
      return true;
    }
    return false;
  }

  private void blanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private Mistake mistake(int index, String message) {
    return new Mistake(
        new Assembly.Problem(line.number(), line.column() + index, message, Optional.empty()));
  }
}

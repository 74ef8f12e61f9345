package dev.postern.checker;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the SMT-LIB 2 scripts that obligations are written in, and builds their circuit on the way:
 * {@code set-logic QF_BV}, then {@code declare-const}, {@code define-fun} without parameters and
 * {@code assert}, then {@code check-sat}. Everything else is refused.
 */
final class Script {

  /** An expression of sort Bool has one bit. */
  private record Value(boolean bool, List<Integer> bits) {
    static Value of(boolean bool, int... literals) {
      List<Integer> bits = new ArrayList<>(literals.length);
      for (int literal : literals) {
        bits.add(literal);
      }
      return new Value(bool, bits);
    }

    int[] word() {
      return bits.stream().mapToInt(Integer::intValue).toArray();
    }

    int width() {
      return bits.size();
    }
  }

  final Circuit circuit = new Circuit();
  final Map<String, int[]> inputs = new LinkedHashMap<>();
  final List<Integer> asserted = new ArrayList<>();

  private final Words words = new Words(circuit);
  private final Map<String, Value> names = new HashMap<>();
  private final String text;
  private int at;

  private Script(String text) {
    this.text = text;
  }

  static Script read(byte... utf8) throws Refused {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      Script script = new Script(text);
      script.commands();
      return script;
    } catch (CharacterCodingException e) {
      throw new Refused("the script is not UTF-8");
    }
  }

  private void commands() throws Refused {
    expect("(", "set-logic", "QF_BV", ")");
    while (true) {
      expect("(");
      String command = token();
      switch (command) {
        case "declare-const" -> declare();
        case "define-fun" -> define();
        case "assert" -> asserted.add(bool(expression(0)));
        case "check-sat" -> {
          expect(")");
          space();
          if (at != text.length()) {
            throw refused("something follows check-sat");
          }
          return;
        }
        default -> throw refused("command " + command + " is not one of an obligation's");
      }
      expect(")");
    }
  }

  private void declare() throws Refused {
    String name = token();
    expect("(", "_", "BitVec");
    int[] word = new int[width(number())];
    expect(")");
    for (int i = 0; i < word.length; i++) {
      word[i] = circuit.input();
    }
    bind(name, Value.of(false, word));
    inputs.put(name.substring(1, name.length() - 1), word);
  }

  private void define() throws Refused {
    String name = token();
    expect("(", ")");
    boolean bool = true;
    int width = 1;
    if (!peek("Bool")) {
      expect("(", "_", "BitVec");
      bool = false;
      width = width(number());
      expect(")");
    }
    Value value = expression(0);
    if (value.bool() != bool || value.width() != width) {
      throw refused(name + " has another sort than is declared");
    }
    bind(name, value);
  }

  private void bind(String name, Value value) throws Refused {
    boolean quoted = name.length() > 2 && name.startsWith("|") && name.endsWith("|");
    if (!quoted && !name.matches("\\?[0-9]{1,9}")) {
      throw refused("'" + name + "' is no name");
    }
    if (names.put(name, value) != null) {
      throw refused(name + " is defined twice");
    }
  }

  private Value expression(int depth) throws Refused {
    if (depth > Limits.NESTING) {
      throw refused("nested too deeply");
    }
    String token = token();
    if (!token.equals("(")) {
      return atom(token);
    }
    String operator = token();
    int first = 0;
    int second = 0;
    if (operator.equals("(")) { // (_ operator index …)
      expect("_");
      operator = token();
      first = number();
      second = operator.equals("extract") ? number() : 0;
      expect(")");
      operator = "_ " + operator;
    }
    List<Value> operands = new ArrayList<>(3);
    while (!peek(")")) {
      if (operands.size() == 3) {
        throw refused(operator + " has too many operands");
      }
      operands.add(expression(depth + 1));
    }
    return apply(operator, first, second, operands);
  }

  private Value atom(String token) throws Refused {
    if (token.startsWith("#x") || token.startsWith("#b")) {
      int each = token.charAt(1) == 'x' ? 4 : 1;
      int[] word = new int[width((token.length() - 2) * each)];
      for (int i = 0; i < word.length; i++) {
        int digit = Character.digit(token.charAt(token.length() - 1 - i / each), 1 << each);
        if (digit < 0) {
          throw refused("'" + token + "' is no number");
        }
        word[i] = (digit >> i % each & 1) == 0 ? Circuit.FALSE : Circuit.TRUE;
      }
      return Value.of(false, word);
    }
    Value known = names.get(token);
    if (known == null) {
      throw refused("'" + token + "' is not defined");
    }
    return known;
  }

  private Value apply(String operator, int first, int second, List<Value> operands) throws Refused {
    int arity =
        switch (operator) {
          case "not", "bvnot", "bvneg", "_ extract", "_ zero_extend", "_ sign_extend" -> 1;
          case "ite" -> 3;
          default -> 2;
        };
    if (operands.size() != arity) {
      throw refused(operator + " has " + operands.size() + " operands");
    }
    Value x = operands.getFirst();
    if (operator.equals("ite")) {
      Value y = like(operands.get(1), operands.get(2));
      int[] chosen = words.ite(bool(x), operands.get(1).word(), y.word());
      return Value.of(y.bool(), chosen);
    }
    return switch (operator) {
      case "not" -> Value.of(true, Circuit.not(bool(x)));
      case "and" -> Value.of(true, circuit.and(bool(x), bool(operands.get(1))));
      case "or" -> Value.of(true, circuit.or(bool(x), bool(operands.get(1))));
      case "xor" -> Value.of(true, circuit.xor(bool(x), bool(operands.get(1))));
      case "=" -> Value.of(true, words.eq(x.word(), like(x, operands.get(1)).word()));
      case "concat" -> {
        int[] high = bits(x);
        int[] low = bits(operands.get(1));
        width(high.length + low.length);
        yield Value.of(false, Words.concat(high, low));
      }
      case "_ extract" -> {
        if (first < second || first >= bits(x).length) {
          throw refused("extract outside the word");
        }
        yield Value.of(false, Words.extract(x.word(), first, second));
      }
      case "_ zero_extend", "_ sign_extend" -> {
        int[] word = bits(x);
        width(word.length + first);
        int fill = operator.equals("_ zero_extend") ? Circuit.FALSE : word[word.length - 1];
        yield Value.of(false, Words.extend(word, first, fill));
      }
      case "bvnot" -> Value.of(false, words.not(bits(x)));
      case "bvneg" -> Value.of(false, words.neg(bits(x)));
      case "bvult" -> Value.of(true, words.ult(bits(x), bits(like(x, operands.get(1)))));
      case "bvslt" -> Value.of(true, words.slt(bits(x), bits(like(x, operands.get(1)))));
      default -> Value.of(false, word(operator, bits(x), bits(like(x, operands.get(1)))));
    };
  }

  private int[] word(String operator, int[] x, int[] y) throws Refused {
    return switch (operator) {
      case "bvand" -> words.and(x, y);
      case "bvor" -> words.or(x, y);
      case "bvxor" -> words.xor(x, y);
      case "bvadd" -> words.add(x, y);
      case "bvsub" -> words.sub(x, y);
      case "bvmul" -> words.mul(x, y);
      case "bvudiv" -> words.divide(x, y)[0];
      case "bvurem" -> words.divide(x, y)[1];
      case "bvshl" -> words.left(x, y);
      case "bvlshr" -> words.right(x, y, Circuit.FALSE);
      case "bvashr" -> words.right(x, y, x[x.length - 1]);
      default -> throw refused("operator " + operator + " is not of the term language");
    };
  }

  private int bool(Value value) throws Refused {
    if (!value.bool()) {
      throw refused("a word stands where a truth value must");
    }
    return value.bits().getFirst();
  }

  private int[] bits(Value value) throws Refused {
    if (value.bool()) {
      throw refused("a truth value stands where a word must");
    }
    return value.word();
  }

  private Value like(Value x, Value y) throws Refused {
    if (x.bool() != y.bool() || x.width() != y.width()) {
      throw refused("operands have different sorts");
    }
    return y;
  }

  private int width(int width) throws Refused {
    if (width < 1 || width > Limits.WIDTH) {
      throw refused("a word of " + width + " bits");
    }
    return width;
  }

  private int number() throws Refused {
    String token = token();
    if (!token.matches("0|[1-9][0-9]{0,2}")) {
      throw refused("'" + token + "' is no index");
    }
    return Integer.parseInt(token);
  }

  private void expect(String... tokens) throws Refused {
    for (String expected : tokens) {
      String token = token();
      if (!token.equals(expected)) {
        throw refused("'" + token + "' stands where '" + expected + "' must");
      }
    }
  }

  /** Whether the next token is {@code token}; goes past it if it is. */
  private boolean peek(String token) throws Refused {
    int before = at;
    boolean is = token().equals(token);
    if (!is) {
      at = before;
    }
    return is;
  }

  private void space() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
      at++;
    }
  }

  private String token() throws Refused {
    space();
    int start = at;
    if (start == text.length()) {
      throw refused("the script ends early");
    }
    char c = text.charAt(at++);
    if (c == '(' || c == ')') {
      return c == '(' ? "(" : ")";
    }
    if (c == '|') {
      int end = text.indexOf('|', at);
      if (end < 0) {
        throw refused("a name does not end");
      }
      at = end + 1;
      return text.substring(start, at);
    }
    while (at < text.length() && " \n()|".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(start, at);
  }

  private Refused refused(String reason) {
    return new Refused("script, character " + at + ": " + reason);
  }
}

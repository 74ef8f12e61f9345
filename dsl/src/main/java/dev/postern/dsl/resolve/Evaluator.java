package dev.postern.dsl.resolve;

import dev.postern.dsl.Limits;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.diagnostic.Spelling;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Location;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Evaluates numbers exactly; nothing where there was an error. A constant's own error is reported
 * once, however often it is used.
 */
final class Evaluator {

  private static final BigInteger PAST_64 = BigInteger.ONE.shiftLeft(64);

  private final Diagnostics diagnostics;
  private final Map<String, Tree.Constant> constants = new HashMap<>();
  private final Map<String, Optional<BigInteger>> values = new HashMap<>();
  private final Set<String> open = new HashSet<>();

  Evaluator(Diagnostics diagnostics) {
    this.diagnostics = diagnostics;
  }

  void define(Tree.Constant constant) {
    Tree.Constant earlier = constants.putIfAbsent(constant.name().text(), constant);
    if (earlier != null) {
      diagnostics.add(
          Diagnostic.error(
                  Code.DUPLICATE_NAME,
                  constant.name().at(),
                  "constant '" + constant.name().text() + "' is defined twice")
              .also(earlier.name().at(), "first defined here"));
    }
  }

  /** Evaluates every constant, so that one nobody uses is checked too. */
  void checkConstants() {
    constants.values().stream()
        .sorted(Comparator.comparing(constant -> constant.name().text()))
        .forEach(c -> use(new Tree.Use(c.name().at(), c.name().text())));
  }

  /** A value of 0..2^64-1: an address or a pattern of bits. */
  Optional<Long> word(Tree.Expression expression, String what) {
    Optional<BigInteger> value = evaluate(expression);
    if (value.isPresent() && (value.get().signum() < 0 || value.get().compareTo(PAST_64) >= 0)) {
      outOfRange(expression.at(), what, value.get(), "0", "2^64-1");
      return Optional.empty();
    }
    return value.map(BigInteger::longValue);
  }

  /** A value of {@code low..high}. */
  Optional<Long> between(Tree.Expression expression, String what, long low, long high) {
    Optional<BigInteger> value = evaluate(expression);
    if (value.isPresent()
        && (value.get().compareTo(BigInteger.valueOf(low)) < 0
            || value.get().compareTo(BigInteger.valueOf(high)) > 0)) {
      outOfRange(expression.at(), what, value.get(), Long.toString(low), Long.toString(high));
      return Optional.empty();
    }
    return value.map(BigInteger::longValue);
  }

  /** A number of bytes: positive, below 2^63. */
  Optional<Long> size(Tree.Expression expression) {
    return between(expression, "size", 1, Long.MAX_VALUE);
  }

  private void outOfRange(Location at, String what, BigInteger value, String low, String high) {
    String shown = value.bitLength() > 64 ? "it" : Hex.of(value);
    diagnostics.error(
        Code.OUT_OF_RANGE, at, "%s: %s is outside %s..%s".formatted(what, shown, low, high));
  }

  private Optional<BigInteger> evaluate(Tree.Expression expression) {
    return switch (expression) {
      case Tree.Numeral number -> Optional.of(number.value());
      case Tree.Use use -> use(use);
      case Tree.Chain chain -> chain(chain);
    };
  }

  private Optional<BigInteger> use(Tree.Use use) {
    Tree.Constant constant = constants.get(use.name());
    if (constant == null) {
      unknown(use);
      return Optional.empty();
    }
    Optional<BigInteger> known = values.get(use.name());
    if (known != null) {
      return known;
    }
    if (open.contains(use.name()) || open.size() >= Limits.CONSTANT_DEPTH) {
      String message =
          open.contains(use.name())
              ? "constant '" + use.name() + "' is defined by itself"
              : "constants refer to constants more than "
                  + Limits.CONSTANT_DEPTH
                  + " deep (limit CONSTANT_DEPTH)";
      diagnostics.add(
          Diagnostic.error(Code.CONSTANT_CYCLE, use.at(), message)
              .also(constant.name().at(), "defined here"));
      return Optional.empty();
    }
    open.add(use.name());
    Optional<BigInteger> value = evaluate(constant.value());
    open.remove(use.name());
    values.put(use.name(), value);
    return value;
  }

  private void unknown(Tree.Use use) {
    Diagnostic diagnostic =
        Diagnostic.error(Code.UNKNOWN_NAME, use.at(), "no constant is named '" + use.name() + "'");
    int dash = use.name().indexOf('-');
    boolean difference = dash > 0 && constants.containsKey(use.name().substring(0, dash));
    diagnostics.add(
        diagnostic.hint(
            difference
                ? Optional.of("names may have '-' in them: put spaces around a minus")
                : Spelling.closest(use.name(), constants.keySet())
                    .map(word -> "did you mean '" + word + "'?")));
  }

  private Optional<BigInteger> chain(Tree.Chain chain) {
    Optional<BigInteger> result = evaluate(chain.first());
    for (Tree.Step step : chain.steps()) {
      Optional<BigInteger> operand = evaluate(step.operand());
      result =
          result.isPresent() && operand.isPresent()
              ? apply(step, result.get(), operand.get())
              : Optional.empty();
    }
    return result;
  }

  private Optional<BigInteger> apply(Tree.Step step, BigInteger left, BigInteger right) {
    BigInteger value =
        switch (step.operator()) {
          case PLUS -> left.add(right);
          case MINUS -> left.subtract(right);
          case TIMES -> left.multiply(right);
          case DIVIDED_BY -> {
            if (right.signum() == 0 || left.remainder(right).signum() != 0) {
              diagnostics.error(
                  Code.DIVISION,
                  step.at(),
                  right.signum() == 0
                      ? "division by zero"
                      : "%s is not a multiple of %s".formatted(Hex.of(left), Hex.of(right)));
              yield PAST_64.shiftLeft(Limits.VALUE_BITS);
            }
            yield left.divide(right);
          }
        };
    if (value.bitLength() > Limits.VALUE_BITS) {
      if (step.operator() != Tree.Operator.DIVIDED_BY) {
        diagnostics.error(
            Code.OUT_OF_RANGE,
            step.at(),
            "the value needs more than " + Limits.VALUE_BITS + " bits (limit VALUE_BITS)");
      }
      return Optional.empty();
    }
    return Optional.of(value);
  }
}

package dev.postern.dsl.resolve;

import dev.postern.dsl.Limits;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.diagnostic.Spelling;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Location;
import dev.postern.model.PageSize;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What all resolvers share: diagnostics, numbers, and the count of entries. */
final class Scope {

  final Diagnostics diagnostics;
  final Evaluator evaluator;
  final Sources sources;
  private int entries;

  Scope(Diagnostics diagnostics, Sources sources) {
    this(diagnostics, new Evaluator(diagnostics), sources);
  }

  private Scope(Diagnostics diagnostics, Evaluator evaluator, Sources sources) {
    this.diagnostics = diagnostics;
    this.evaluator = evaluator;
    this.sources = sources;
  }

  /** The same scope with another ear. */
  Scope quiet(Diagnostics ear) {
    return new Scope(ear, evaluator, sources);
  }

  void error(Code code, Location at, String message) {
    diagnostics.error(code, at, message);
  }

  void error(Code code, Location at, String message, String hint) {
    diagnostics.error(code, at, message, hint);
  }

  /** Whether one more entry is within the limit; the first that is not is reported. */
  boolean entry(Location at) {
    entries++;
    if (entries == Limits.ENTRIES + 1) {
      error(
          Code.TOO_MANY_ENTRIES,
          at,
          "more than " + Limits.ENTRIES + " entries in one policy (limit ENTRIES)");
    }
    return entries <= Limits.ENTRIES;
  }

  void twice(Location at, String what) {
    error(Code.DUPLICATE_CLAUSE, at, "'" + what + "' is said twice");
  }

  void missing(Location at, String what, String hint) {
    error(Code.MISSING_CLAUSE, at, what, hint);
  }

  /** Reports that nothing has this name; the nearest of {@code known} is the hint. */
  void unknown(Location at, String kind, String name, Collection<String> known) {
    diagnostics.add(
        Diagnostic.error(Code.UNKNOWN_NAME, at, "no %s is named '%s'".formatted(kind, name))
            .hint(
                Spelling.closest(name, known)
                    .map(close -> "did you mean '" + close + "'?")
                    .or(() ->
                        known.isEmpty() || known.size() > 8
                            ? Optional.empty()
                            : Optional.of(
                                "there is: "
                                    + String.join(", ", known.stream().sorted().toList())))));
  }

  Optional<PageSize> pageSize(Tree.Expression expression) {
    Optional<Long> bytes = evaluator.word(expression, "page size");
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    for (PageSize size : PageSize.values()) {
      if (size.bytes() == bytes.get()) {
        return Optional.of(size);
      }
    }
    error(
        Code.OUT_OF_RANGE,
        expression.at(),
        Hex.of(bytes.get()) + " is not the size of a page",
        "EPT pages are 4KiB, 2MiB or 1GiB");
    return Optional.empty();
  }

  /** Whether {@code value} is a multiple of the page size; a diagnostic if not. */
  boolean aligned(Location at, String what, long value, PageSize page) {
    if ((value & (page.bytes() - 1)) == 0) {
      return true;
    }
    error(
        Code.MISALIGNED,
        at,
        "%s %s is not a multiple of its page size %s"
            .formatted(what, Hex.of(value), Words.of(page)));
    return false;
  }

  /** Whether all hold; unlike with {@code &&}, every check has run and said what it has to say. */
  static boolean all(boolean... checks) {
    for (boolean check : checks) {
      if (!check) {
        return false;
      }
    }
    return true;
  }

  /** Whether {@code size} bytes from {@code start} end within 2^64; a diagnostic if not. */
  boolean fits(Location at, String what, long start, long size) {
    if (Long.compareUnsigned(start + size - 1, start) >= 0) {
      return true;
    }
    error(
        Code.OUT_OF_RANGE,
        at,
        "%s: %s bytes from %s run past 2^64".formatted(what, Hex.of(size), Hex.of(start)));
    return false;
  }

  /** Names of one kind of thing, each defined once. */
  final class Names {
    private final String kind;
    private final Map<String, Location> places = new HashMap<>();

    Names(String kind) {
      this.kind = kind;
    }

    /** Whether the name was free. */
    boolean define(String name, Location at) {
      Location earlier = places.putIfAbsent(name, at);
      if (earlier != null) {
        diagnostics.add(
            Diagnostic.error(
                    Code.DUPLICATE_NAME, at, "%s '%s' is defined twice".formatted(kind, name))
                .also(earlier, "first defined here"));
      }
      return earlier == null;
    }
  }
}

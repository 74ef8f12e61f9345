package dev.postern.model.report;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Why to believe a verdict. A value, but for one thing: the digest of a script is computed when it
 * is first asked for, since most runs show verdicts alone.
 */
public final class Evidence {

  private final String method;
  private final Supplier<Optional<String>> smt2;
  private final Optional<String> witness;
  private final int queries;
  private final long millis;

  /**
   * @param method "sweep", "z3 …", "enumeration", "symbolic execution", "execution"
   * @param smt2 SHA-256 of the SMT-LIB script, where a solver was asked
   * @param witness SHA-256 of the sweep's witness, where there is one
   * @param queries solver calls made
   * @param millis wall time; the only value of a report that may differ between runs
   */
  public Evidence(
      String method, Optional<String> smt2, Optional<String> witness, int queries, long millis) {
    this(method, () -> smt2, witness, queries, millis);
  }

  private Evidence(
      String method,
      Supplier<Optional<String>> smt2,
      Optional<String> witness,
      int queries,
      long millis) {
    this.method = method;
    this.smt2 = smt2;
    this.witness = witness;
    this.queries = queries;
    this.millis = millis;
  }

  /**
   * Evidence by a script.
   *
   * @param smt2 its SHA-256, the same whenever it is asked, by any thread
   */
  public static Evidence byScript(String method, Supplier<String> smt2, int queries, long millis) {
    return new Evidence(method, () -> Optional.of(smt2.get()), Optional.empty(), queries, millis);
  }

  public String method() {
    return method;
  }

  public Optional<String> smt2() {
    return smt2.get();
  }

  public Optional<String> witness() {
    return witness;
  }

  public int queries() {
    return queries;
  }

  public long millis() {
    return millis;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Evidence that
        && method.equals(that.method)
        && witness.equals(that.witness)
        && queries == that.queries
        && millis == that.millis
        && smt2().equals(that.smt2());
  }

  @Override
  public int hashCode() {
    return Objects.hash(method, witness, queries, millis);
  }

  @Override
  public String toString() {
    return "%s, smt2 %s, witness %s, %d queries, %d ms"
        .formatted(method, smt2(), witness, queries, millis);
  }
}

package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is known to hold on a path: a conjunction, kept as a list that grows at its end and shares
 * its beginning with the paths it forked from. Two paths that meet again keep the shared beginning
 * as it is and disjoin only what came after, so a diamond leaves no trace once it is closed.
 */
public final class PathCondition {

  /** Nothing is known. */
  public static final PathCondition TRUE = new PathCondition(Optional.empty(), Optional.empty(), 0);

  private final Optional<PathCondition> parent;
  private final Optional<Term> last;
  private final int depth;

  private PathCondition(Optional<PathCondition> parent, Optional<Term> last, int depth) {
    this.parent = parent;
    this.last = last;
    this.depth = depth;
  }

  /** This and {@code condition} (one bit). */
  public PathCondition and(Term condition) {
    return condition.isTrue()
        ? this
        : new PathCondition(Optional.of(this), Optional.of(condition), depth + 1);
  }

  /** The conjuncts, oldest first. */
  public List<Term> conjuncts() {
    List<Term> all = new ArrayList<>();
    collect(Optional.empty(), all);
    return all;
  }

  /**
   * Two paths joined. {@code guard} holds exactly on the first path, given that one of them is
   * taken.
   */
  record Join(PathCondition condition, Term guard) {}

  /** Joins paths whose conditions exclude each other, as those of one exploration do. */
  static Join join(TermAlgebra algebra, PathCondition a, PathCondition b) {
    PathCondition common = a.commonWith(b);
    Term guard = algebra.all(a.since(common));
    Term other = algebra.all(b.since(common));
    return new Join(common.and(algebra.or(guard, other)), guard);
  }

  /** Whether {@code other} says all of this and perhaps more, by having grown from it. */
  boolean beginsIn(PathCondition other) {
    return commonWith(other) == this || this == TRUE;
  }

  private PathCondition commonWith(PathCondition other) {
    PathCondition a = this;
    PathCondition b = other;
    while (a != b) {
      if (a.depth >= b.depth) {
        a = a.parent.orElse(TRUE);
      } else {
        b = b.parent.orElse(TRUE);
      }
    }
    return a;
  }

  private List<Term> since(PathCondition ancestor) {
    List<Term> terms = new ArrayList<>();
    collect(Optional.of(ancestor), terms);
    return terms;
  }

  private void collect(Optional<PathCondition> until, List<Term> into) {
    PathCondition at = this;
    while (at.parent.isPresent() && (until.isEmpty() || at != until.get())) {
      at.last.ifPresent(into::add);
      at = at.parent.get();
    }
    java.util.Collections.reverse(into);
  }
}

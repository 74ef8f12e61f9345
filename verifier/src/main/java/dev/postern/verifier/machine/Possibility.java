package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import java.util.List;

/** Answers whether conditions can hold together, as far as that can be known. */
@FunctionalInterface
public interface Possibility {

  /** True only if no assignment makes every condition (one bit each) 1. */
  boolean excluded(List<Term> conditions);

  /** The same at a glance: true less often. */
  default boolean plainlyExcluded(List<Term> conditions) {
    return excluded(conditions);
  }
}

package dev.postern.model.report;

import java.util.Locale;

/** The answer to an obligation. */
public enum Verdict {
  PROVED,
  /** False, with a counterexample that replays. */
  REFUTED,
  /** Timed out, unmodelled, given up: never a pass. */
  UNKNOWN,
  /** Refuted or unknown, and the policy waives the rule in writing. */
  WAIVED,
  /** Mediation of a view that claims confinement only. */
  NOT_CLAIMED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

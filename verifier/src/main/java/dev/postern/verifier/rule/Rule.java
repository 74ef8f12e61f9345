package dev.postern.verifier.rule;

import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import java.util.List;

/** One rule of the catalogue. Stateless; the same instance serves every policy. */
public interface Rule {

  RuleId id();

  /** What must hold, as a sentence. */
  String statement();

  /** The attack it excludes, as a sentence or two. */
  String attack();

  /** What it takes for granted: K-numbers, O-numbers marked ASM, or {@code frames-distinct}. */
  List<String> assumptions();

  /**
   * The findings, in any order: at least one for every protected view the rule speaks of, also
   * where all holds. Throws only for a bug of ours; a solver that gives up is an unknown finding.
   */
  List<Finding> check(Verification verification);
}

package dev.postern.verifier.rule;

import dev.postern.model.Gate;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.access.Statement;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** One rule's questions about one walk, and the findings they lead to. */
final class Inquiry {

  private final Verification verification;
  private final Rule rule;
  private final GateWalk walk;
  private final Verification.Stopwatch watch;
  private final int mark;
  private final List<Finding> findings = new ArrayList<>();

  Inquiry(Verification verification, Rule rule, GateWalk walk) {
    this.verification = verification;
    this.rule = rule;
    this.walk = walk;
    this.watch = verification.stopwatch();
    this.mark = walk.desk().restsOn().size();
  }

  Verification verification() {
    return verification;
  }

  GateWalk walk() {
    return walk;
  }

  Gate gate() {
    return walk.gate();
  }

  TermAlgebra algebra() {
    return walk.desk().algebra();
  }

  /** Whether anything is wrong or undecided so far. */
  boolean clean() {
    return findings.isEmpty();
  }

  /**
   * Claims that {@code condition} cannot hold in {@code state}. If it can, the run that shows it
   * refutes the rule; the machine over-approximates, so a model whose run does not show it leaves
   * the claim undecided.
   *
   * @param shows what the run must show, as {@link Replayer} understands it
   */
  void never(State state, Term condition, String what, String shows, String... discharges) {
    never(state, condition, what, List.of(shows), walk::scenario, discharges);
  }

  /**
   * The same, where the run may show either of several things, as the surroundings decide.
   *
   * @param shows tried in this order
   */
  void never(
      State state,
      Term condition,
      String what,
      List<String> shows,
      Function<Model, Scenario> scenario,
      String... discharges) {
    if (said(state, what)) {
      return;
    }
    switch (walk.desk().ask(what, state.condition(), condition)) {
      case Answer.Unsat none -> {}
      case Answer.Unknown unknown -> undecided(state, what, unknown.reason(), discharges);
      case Answer.Sat sat -> refute(state, what, shows, scenario.apply(sat.model()), discharges);
    }
  }

  /** Whether the same has been said of the same instruction: it may have several accesses. */
  boolean said(State state, String what) {
    String subject = walk.subject(state);
    return findings.stream().anyMatch(f -> f.subject().equals(subject) && f.message().equals(what));
  }

  /** Refutes by a run, if the run shows it. */
  void refute(State state, String what, String shows, Scenario scenario, String... discharges) {
    refute(state, what, List.of(shows), scenario, discharges);
  }

  private void refute(
      State state, String what, List<String> shows, Scenario scenario, String... discharges) {
    Counterexample untried = scenario.asCounterexample(what, List.of());
    Optional<Counterexample> shown =
        shows.stream()
            .map(untried::showing)
            .flatMap(attempt -> verification.replayer().confirm(attempt).stream())
            .findFirst();
    if (shown.isPresent()) {
      findings.add(obligation(state, discharges).refuted(what, shown.get(), evidence()));
    } else {
      undecided(state, what, "a model was found, but its run does not show it", discharges);
    }
  }

  /** Refutes by the policy's own words. */
  void refute(String subject, String what, Statement fact, String... discharges) {
    findings.add(
        obligation(subject, discharges)
            .refuted(what, Replay.statement(verification.policy(), what, fact), evidence()));
  }

  void undecided(State state, String what, String reason, String... discharges) {
    findings.add(obligation(state, discharges).unknown(what, reason, evidence()));
  }

  private Obligation obligation(State state, String... discharges) {
    return obligation(walk.subject(state), discharges)
        .at(walk.location(state).orElse(walk.gate().at()));
  }

  private Obligation obligation(String subject, String... discharges) {
    return new Obligation(
        rule.id(), List.of(discharges), walk.view().name(), subject, Optional.of(walk.gate().at()));
  }

  private Evidence evidence() {
    List<Query> all = walk.desk().restsOn();
    List<Query> queries = new ArrayList<>(walk.restsOn());
    queries.addAll(all.subList(mark, all.size()));
    return verification.evidence(watch, "symbolic execution", queries);
  }

  /** The findings; where there are none, {@code holds} is proved, unless a path was cut. */
  List<Finding> conclude(String holds) {
    if (findings.isEmpty()) {
      Optional<String> cut = walk.cut();
      Obligation whole =
          obligation(walk.gate().name(), rule.id().discharges().toArray(String[]::new));
      findings.add(
          cut.isPresent()
              ? whole.unknown("a path behind the gate is not followed", cut.get(), evidence())
              : whole.proved(holds, evidence()));
    }
    return findings;
  }
}

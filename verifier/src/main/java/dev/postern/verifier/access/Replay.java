package dev.postern.verifier.access;

import dev.postern.model.Gpa;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Counterexample.Step;
import java.util.List;
import java.util.Optional;

/**
 * Makes counterexamples of accesses and statements by carrying them out, and carries them out
 * again.
 */
public final class Replay {

  /** A rule's refutation that the concrete machine does not confirm: a bug of ours. */
  public static final class Unconfirmed extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public Unconfirmed(String message) {
      super(message);
    }
  }

  private Replay() {}

  /** The counterexample whose attack is one access. */
  public static Counterexample access(Policy policy, String attack, Access access) {
    Confinement.Outcome outcome = new Confinement(policy).of(access);
    if (outcome.broken().isEmpty()) {
      throw new Unconfirmed(attack + ": " + access + " breaks nothing: " + outcome.effect());
    }
    return new Counterexample(
        Counterexample.Kind.ACCESS,
        attack,
        access.start(),
        List.of(),
        List.of(),
        List.of(),
        List.of(step(access, outcome)));
  }

  /** The counterexample that quotes the policy. */
  public static Counterexample statement(Policy policy, String attack, Statement statement) {
    String effect =
        statement
            .read(policy)
            .orElseThrow(() -> new Unconfirmed(attack + ": the policy does not say " + statement));
    return new Counterexample(
        Counterexample.Kind.STATEMENT,
        attack,
        statement.start(),
        List.of(),
        List.of(),
        List.of(),
        List.of(new Step(0, "", "", "", statement.toString(), effect)));
  }

  /** Whether the counterexample, carried out again, does what its trace says. */
  public static boolean confirms(Policy policy, Counterexample counterexample) {
    Optional<Step> again =
        switch (counterexample.kind()) {
          case ACCESS ->
              Access.parse(counterexample.start()).flatMap(access -> step(policy, access));
          case STATEMENT ->
              Statement.parse(counterexample.start())
                  .flatMap(statement ->
                      statement
                          .read(policy)
                          .map(effect -> new Step(0, "", "", "", statement.toString(), effect)));
          case EXECUTION -> throw new IllegalArgumentException("an execution is no access");
        };
    return again.filter(step -> counterexample.trace().equals(List.of(step))).isPresent();
  }

  private static Optional<Step> step(Policy policy, Access access) {
    Confinement.Outcome outcome = new Confinement(policy).of(access);
    return outcome.broken().isEmpty() ? Optional.empty() : Optional.of(step(access, outcome));
  }

  private static Step step(Access access, Confinement.Outcome outcome) {
    return switch (access) {
      case Access.InView(String vm, int view, Gpa gpa, Access.Kind kind) ->
          step(view, gpa.toString(), kind.word() + " by " + vm, outcome);
      case Access.InMachine(String vm, Gpa gpa, Access.Kind kind) ->
          step(0, gpa.toString(), kind.word() + " by " + vm, outcome);
      case Access.ByHost(String vm, Gpa gpa) ->
          step(0, gpa.toString(), "w by the host for " + vm, outcome);
      case Access.ByDevice(String domain, HostFrame frame) ->
          step(0, "", "w by a device of " + domain, outcome);
    };
  }

  private static Step step(int view, String gpa, String text, Confinement.Outcome outcome) {
    return new Step(
        view, "", gpa, "", text, outcome.effect() + ": " + String.join("; ", outcome.broken()));
  }
}

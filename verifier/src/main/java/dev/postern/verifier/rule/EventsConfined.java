package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Mapping;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.PlatformStatement;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.access.Statement;
import dev.postern.verifier.access.ViewStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * O-44 to O-47 and O-49: nothing is delivered inside a protected view through a table the guest
 * chose. Either the event exits, or the view is IDT-inert ({@link ClosedView#idtInert}) and
 * delivery itself ends in an EPT violation. Clearing IF in the gate is no defence: a jump past it
 * is.
 */
final class EventsConfined implements Rule {

  private static final int DEBUG = 1;
  private static final int BREAKPOINT = 3;

  @Override
  public RuleId id() {
    return RuleId.EVENTS_CONFINED;
  }

  @Override
  public String statement() {
    return "interrupts and exceptions exit while a protected view is active, or no descriptor table"
        + " the guest can load lies in it; #DB and #BP always exit; no EPT violation of the view"
        + " becomes #VE";
  }

  @Override
  public String attack() {
    return "the guest points IDTR at packet bytes in a window and raises an interrupt right behind"
        + " VMFUNC: delivery in the view runs its gate and pushes 40 bytes where RSP points";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K8", "K9", "K10", "K11", "K12", "K15", "K17", "O-48");
  }

  @Override
  public List<Finding> check(Verification run) {
    return run.each(run.mediatedViews(), view -> new OfView(run, view).check()).stream()
        .flatMap(List::stream)
        .toList();
  }

  /** The obligations of one view. */
  private final class OfView {

    private final Verification run;
    private final View view;
    private final Vm vm;
    private final Controls controls;
    private final boolean inert;

    OfView(Verification run, View view) {
      this.run = run;
      this.view = view;
      this.vm = run.vm(view);
      this.controls = vm.controls();
      this.inert = ClosedView.idtInert(vm, view);
    }

    List<Finding> check() {
      run.covers(id(), "views", 1);
      List<Finding> findings = new ArrayList<>();
      findings.add(
          decide(
              "interrupts",
              List.of("O-44", "O-46"),
              inert ? Optional.empty() : lax(Control.K10).or(() -> lax(Control.K11)),
              "an interrupt is delivered inside the view through the guest's own table"));
      findings.add(
          decide(
              "exceptions",
              List.of("O-45", "O-46"),
              inert ? Optional.empty() : passed(Controls.STRICT_INTERCEPTS),
              "an exception is delivered inside the view through the guest's own table"));
      // Where exceptions in general pass, that is refuted above already.
      boolean told = !inert && passed(Controls.STRICT_INTERCEPTS).isPresent();
      findings.add(
          decide(
              "debug exceptions",
              List.of("O-47"),
              told ? Optional.empty() : passed(List.of(DEBUG, BREAKPOINT)),
              "a debug exception held back by MOV SS is delivered behind VMFUNC, in the view"));
      findings.add(
          decide(
              "violations",
              List.of("O-49"),
              controls.holds(Control.K12) ? Optional.empty() : convertible(),
              "an EPT violation of the view becomes #VE, delivered through the guest's own table"));
      return findings;
    }

    private Finding decide(
        String subject, List<String> discharges, Optional<Statement> flaw, String attack) {
      Verification.Stopwatch watch = run.stopwatch();
      Obligation obligation =
          new Obligation(id(), discharges, view.name(), subject, Optional.of(controls.at()));
      return flaw.map(fact ->
              obligation.refuted(
                  attack, Replay.statement(run.policy(), attack, fact), watch.by("enumeration")))
          .orElseGet(() ->
              obligation.proved(
                  subject + (inert ? " reach no table in the view" : " exit"),
                  watch.by("enumeration")));
    }

    private Optional<Statement> lax(Control control) {
      return controls.holds(control)
          ? Optional.empty()
          : Optional.of(new PlatformStatement.ControlLax(vm.name(), control));
    }

    private Optional<Statement> passed(Iterable<Integer> vectors) {
      for (int vector : vectors) {
        if (!controls.intercepts(vector)) {
          return Optional.of(new PlatformStatement.VectorPassed(vm.name(), vector));
        }
      }
      return Optional.empty();
    }

    private Optional<Statement> convertible() {
      if (!view.suppressVeAbsent()) {
        return Optional.of(new ViewStatement.Convertible(view.name(), ""));
      }
      return view.mappings().stream()
          .filter(mapping -> !mapping.leaf().suppressVe())
          .map(Mapping::name)
          .findFirst()
          .map(name -> new ViewStatement.Convertible(view.name(), name));
    }
  }
}

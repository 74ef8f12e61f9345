package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.EptpSlot;
import dev.postern.model.Hpa;
import dev.postern.model.Location;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.PlatformStatement;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.access.ViewStatement;
import dev.postern.verifier.frame.Entries;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * O-13, O-28, O-14: of 512 slots exactly the declared views' are valid, each with the view's own
 * pointer. Whether a view's own pointer is valid is ept-well-formed's; where the list's page lies
 * is control-frames-unreachable's.
 */
final class EptpListExact implements Rule {

  private static final int SLOTS = 512;

  @Override
  public RuleId id() {
    return RuleId.EPTP_LIST_EXACT;
  }

  @Override
  public String statement() {
    return "VMFUNC offers EPTP switching only; slot 0 is the default view, each declared view stands"
        + " in its own slot with its own EPT pointer and a root of its own, and every other slot is"
        + " invalid";
  }

  @Override
  public String attack() {
    return "the guest puts the number of a forgotten slot into ECX and switches to a hierarchy that"
        + " no proof speaks of, or to a protected one whose flags and cached translations differ";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K1", "K16");
  }

  @Override
  public List<Finding> check(Verification run) {
    List<Finding> answers = new ArrayList<>();
    for (Vm vm : run.policy().vms()) {
      List<View> views = run.policy().viewsOf(vm.name());
      if (views.stream().anyMatch(view -> !view.isDefault())) {
        run.covers(id(), "slots", SLOTS);
        answers.add(control(run, vm, Control.K1, "vm-function controls", "O-14"));
        answers.add(control(run, vm, Control.K16, "eptp fields", "O-28"));
        answers.add(undeclared(run, vm, views));
        for (View view : views) {
          answers.add(slot(run, vm, view));
        }
      }
    }
    return answers;
  }

  /** The control word (O-14), and that EPTPs are written as declared (O-28). */
  private Finding control(
      Verification run, Vm vm, Control control, String subject, String discharges) {
    Verification.Stopwatch watch = run.stopwatch();
    Obligation obligation = about(run, vm, subject, discharges, vm.controls().at());
    if (vm.controls().holds(control)) {
      return obligation.proved(control.text(), watch.by("enumeration"));
    }
    String message = "not held: " + control.text();
    return obligation.refuted(
        message,
        Replay.statement(
            run.policy(), message, new PlatformStatement.ControlLax(vm.name(), control)),
        watch.by("enumeration"));
  }

  /** O-13, one half: what nobody declared is invalid, and slot 0 is not among it. */
  private Finding undeclared(Verification run, Vm vm, List<View> views) {
    Verification.Stopwatch watch = run.stopwatch();
    Entries entries = new Entries(run.policy().cpu());
    for (int index = 0; index < SLOTS; index++) {
      int ecx = index;
      if (views.stream().anyMatch(view -> view.index() == ecx)) {
        continue;
      }
      Optional<EptpSlot> raw = raw(run, vm, ecx);
      boolean switches = raw.filter(slot -> valid(entries, slot.value())).isPresent();
      if (switches || (index == 0 && raw.isEmpty())) {
        String message =
            switches
                ? "slot " + index + " is valid and no view is declared for it"
                : "no view stands in slot 0";
        return about(run, vm, "slot " + index, "O-13", raw.map(EptpSlot::at).orElse(vm.at()))
            .refuted(
                message,
                Replay.statement(run.policy(), message, new ViewStatement.Switch(vm.name(), index)),
                watch.by("enumeration"));
      }
    }
    return about(run, vm, "empty slots", "O-13", vm.at())
        .proved((SLOTS - views.size()) + " undeclared slots are invalid", watch.by("enumeration"));
  }

  /** An undeclared slot that repeats a root is not declared, whatever root that is. */
  private static boolean valid(Entries entries, EptpSlot.Value value) {
    return switch (value) {
      case EptpSlot.Value.Raw(long bits) -> entries.invalidPointer(bits).isEmpty();
      case EptpSlot.Value.RootOf(String view, var eptp) ->
          entries.invalidPointer(eptp.bits()).isEmpty();
    };
  }

  /** O-13, the other half, and O-28. */
  private Finding slot(Verification run, Vm vm, View view) {
    Verification.Stopwatch watch = run.stopwatch();
    Obligation obligation =
        new Obligation(
            id(),
            List.of("O-13", "O-28"),
            view.name(),
            "slot " + view.index(),
            Optional.of(view.at()));
    for (View other : run.policy().viewsOf(vm.name())) {
      if (other.name().equals(view.name())) {
        continue;
      }
      if (other.index() == view.index()) {
        String message = "views " + view.name() + " and " + other.name() + " claim one slot";
        return obligation.refuted(
            message,
            Replay.statement(
                run.policy(), message, new ViewStatement.Switch(vm.name(), view.index())),
            watch.by("enumeration"));
      }
      Optional<Hpa> root = view.root().map(Hpa::page);
      if (root.isPresent() && root.equals(other.root().map(Hpa::page))) {
        String message =
            "views "
                + view.name()
                + " and "
                + other.name()
                + " have one root: VMFUNC between them"
                + " flushes and tags nothing";
        return obligation.refuted(
            message,
            Replay.statement(
                run.policy(), message, new ViewStatement.RootShared(view.name(), other.name())),
            watch.by("enumeration"));
      }
    }
    Optional<EptpSlot> raw = raw(run, vm, view.index());
    if (raw.isPresent() && !isPointerOf(raw.get().value(), view)) {
      String message =
          "slot " + view.index() + " does not hold the EPT pointer of view " + view.name();
      return obligation
          .at(raw.get().at())
          .refuted(
              message,
              Replay.statement(
                  run.policy(), message, new ViewStatement.Switch(vm.name(), view.index())),
              watch.by("enumeration"));
    }
    return obligation.proved(
        "slot " + view.index() + " holds this view's own EPT pointer", watch.by("enumeration"));
  }

  private static boolean isPointerOf(EptpSlot.Value value, View view) {
    return switch (value) {
      case EptpSlot.Value.Raw(long bits) ->
          view.root().filter(root -> (root.value() | view.eptp().bits()) == bits).isPresent();
      case EptpSlot.Value.RootOf(String of, var eptp) ->
          of.equals(view.name()) && eptp.equals(view.eptp());
    };
  }

  private static Optional<EptpSlot> raw(Verification run, Vm vm, int index) {
    return run.policy().slots().stream()
        .filter(slot -> slot.vm().equals(vm.name()) && slot.index() == index)
        .findFirst();
  }

  /** About the machine's list as a whole: told of its default view, so that it concerns all. */
  private Obligation about(
      Verification run, Vm vm, String subject, String discharges, Location at) {
    return new Obligation(
        id(),
        List.of(discharges),
        run.defaultView(vm.name()).map(View::name).orElse(""),
        subject,
        Optional.of(at));
  }
}

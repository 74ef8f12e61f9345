package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.Lock;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.PlatformStatement;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.gate.Landing;
import dev.postern.verifier.gate.LandingResult;
import dev.postern.verifier.gate.Landings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The lock the policy names does what every other mediation rule takes for granted. */
final class LockSufficient implements Rule {

  @Override
  public RuleId id() {
    return RuleId.LOCK_SUFFICIENT;
  }

  @Override
  public String statement() {
    return "the policy's lock keeps the guest from choosing where execution continues behind "
        + "VMFUNC: its conditions hold in every view, linear addresses of the view's pages have one "
        + "fixed translation, and whatever landings it leaves open besides the gates' are safe";
  }

  @Override
  public String attack() {
    return "\"VMFUNC outside the trampoline faults at the next instruction\" is false when the guest's "
        + "kernel owns the page tables: it puts VMFUNC in its own page at a linear address behind "
        + "which the protected view has code, and lands on any byte of that code it likes";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K2", "K3", "K4", "K5", "K7", "K15", "O-23");
  }

  @Override
  public List<Finding> check(Verification verification) {
    return verification.eachFinding(
        verification.mediatedViews(),
        view -> {
          Vm vm = verification.vm(view);
          verification.covers(id(), "mappings of " + view.name(), view.mappings().size());
          return vm.lock().fixesTranslation()
              ? fixed(verification, view, vm)
              : List.of(open(verification, view, vm));
        });
  }

  static String name(Lock lock) {
    return lock.kinds().isEmpty()
        ? "none"
        : String.join(
            " ",
            lock.kinds().stream()
                .map(kind -> kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList());
  }

  private List<Finding> fixed(Verification verification, View view, Vm vm) {
    Verification.Stopwatch watch = verification.stopwatch();
    List<Finding> findings = new ArrayList<>();
    for (LockConditions.Failure failure : LockConditions.failing(verification, view, vm)) {
      findings.add(
          new Obligation(
                  id(),
                  failure.discharges(),
                  view.name(),
                  failure.subject(),
                  Optional.of(failure.at()))
              .refuted(
                  failure.what(),
                  Replay.statement(verification.policy(), failure.what(), failure.fact()),
                  watch.by("enumeration")));
    }
    if (findings.isEmpty()) {
      findings.add(
          new Obligation(
                  id(),
                  id().discharges(),
                  view.name(),
                  "lock " + name(vm.lock()),
                  Optional.of(vm.lock().at()))
              .proved(
                  "the conditions of lock \""
                      + name(vm.lock())
                      + "\" hold"
                      + (vm.lock().has(Lock.Kind.TRUSTED_PT)
                          ? ", on the assumption that the guest's kernel is trusted"
                          : "")
                      + "; "
                      + view.mappings().size()
                      + " mappings have one translation each",
                  watch.by("enumeration")));
    }
    return findings;
  }

  /** A lock that leaves landings open besides the gates': sufficient only if every one is safe. */
  private Finding open(Verification verification, View view, Vm vm) {
    Verification.Stopwatch watch = verification.stopwatch();
    Lock lock = vm.lock();
    boolean privateTables = lock.has(Lock.Kind.PRIVATE_PT);
    Obligation obligation =
        obligation(
            view,
            lock,
            "lock " + name(lock),
            privateTables && !lock.has(Lock.Kind.SCAN) ? "O-05" : "O-03");
    Landings landings = Landings.of(verification);
    int count = landings.count(view);
    Optional<LandingResult.Unsafe> unsafe =
        landings.in(view).stream()
            .filter(LandingResult.Unsafe.class::isInstance)
            .map(LandingResult.Unsafe.class::cast)
            .filter(result -> !result.landing().atSite())
            .min(Comparator.comparing(LockSufficient::unusual));
    if (unsafe.isPresent()) {
      String what =
          "lock \"%s\" lets the guest land at %s, one of %d landings: %s"
              .formatted(name(lock), unsafe.get().landing().subject(), count, unsafe.get().what());
      return obligation.refuted(what, unsafe.get().attack(), watch.by("symbolic execution"));
    }
    Optional<LandingResult.Undecided> undecided = landings.undecided(view);
    if (undecided.isPresent()) {
      Landing at = undecided.get().landing();
      return obligation.unknown(
          "a landing the lock leaves open is not decided",
          at.subject() + ": " + undecided.get().reason(),
          watch.by("symbolic execution"));
    }
    Optional<Control> missing =
        privateTables
            ? List.of(Control.K7, Control.K3, Control.K4).stream()
                .filter(control -> !vm.controls().holds(control))
                .findFirst()
            : Optional.empty();
    if (missing.isPresent()) {
      return leavesTables(verification, view, lock, missing.get(), watch);
    }
    return obligation.proved(
        "lock \"%s\" leaves %d landings open, and each is safe".formatted(name(lock), count),
        watch.by("symbolic execution"));
  }

  private Finding leavesTables(
      Verification verification,
      View view,
      Lock lock,
      Control control,
      Verification.Stopwatch watch) {
    String what = "the guest may leave the view's private paging structures: " + control.word();
    Obligation obligation =
        control == Control.K7
            ? obligation(view, lock, "cr3", "O-18", "O-19", "O-21")
            : obligation(view, lock, "paging mode", "O-22");
    return obligation.refuted(
        what,
        Replay.statement(
            verification.policy(), what, new PlatformStatement.ControlLax(view.vm(), control)),
        watch.by("enumeration"));
  }

  /** A witness in 64-bit mode is read most easily, and a write says most. */
  private static boolean unusual(LandingResult.Unsafe result) {
    return !"64".equals(result.attack().start().get("mode")) || !result.what().startsWith("writes");
  }

  private Obligation obligation(View view, Lock lock, String subject, String... discharges) {
    return new Obligation(id(), List.of(discharges), view.name(), subject, Optional.of(lock.at()));
  }
}

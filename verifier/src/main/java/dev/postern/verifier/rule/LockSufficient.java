package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.Cpu;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.gate.Landing;
import dev.postern.verifier.gate.LandingResult;
import dev.postern.verifier.gate.Landings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    List<Finding> findings = new ArrayList<>();
    for (View view : verification.mediatedViews()) {
      Vm vm = verification.vm(view);
      verification.covers(id(), "mappings of " + view.name(), view.mappings().size());
      if (vm.lock().fixesTranslation()) {
        findings.addAll(fixed(verification, view, vm));
      } else {
        findings.add(open(verification, view, vm));
      }
    }
    return findings;
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

  /** A lock that leaves landings open besides the gates': sufficient only if every one is safe. */
  private Finding open(Verification verification, View view, Vm vm) {
    Verification.Stopwatch watch = verification.stopwatch();
    Lock lock = vm.lock();
    boolean privateTables = lock.has(Lock.Kind.PRIVATE_PT);
    String obligationId = privateTables && !lock.has(Lock.Kind.SCAN) ? "O-05" : "O-03";
    Obligation obligation = obligation(view, "lock " + name(lock), lock, obligationId);
    Landings landings = Landings.of(verification);
    Optional<LandingResult.Unsafe> unsafe =
        landings.in(view).stream()
            .filter(LandingResult.Unsafe.class::isInstance)
            .map(LandingResult.Unsafe.class::cast)
            .filter(result -> !result.landing().atSite())
            .findFirst();
    if (unsafe.isPresent()) {
      Landing at = unsafe.get().landing();
      return obligation.refuted(
          "lock \""
              + name(lock)
              + "\" lets the guest land at "
              + at.subject()
              + ", one of "
              + landings.in(view).size()
              + " landings: "
              + unsafe.get().what(),
          unsafe.get().attack(),
          watch.by("symbolic execution"));
    }
    Optional<LandingResult.Undecided> undecided = landings.undecided(view);
    if (undecided.isPresent()) {
      return obligation.unknown(
          "a landing the lock leaves open is not decided",
          undecided.get().landing().subject() + ": " + undecided.get().reason(),
          watch.by("symbolic execution"));
    }
    if (privateTables && !vm.controls().holds(Control.K7)) {
      return statement(
          obligation(view, "cr3", lock, "O-18", "O-19", "O-21"),
          "the guest may load CR3, and so leave the view's private page tables",
          watch);
    }
    if (privateTables && !vm.controls().holds(Control.K3)) {
      return pagingMode(view, vm, watch);
    }
    return obligation.proved(
        landings.in(view).size()
            + " landings are left open by lock \""
            + name(lock)
            + "\", and each is safe",
        watch.by("symbolic execution"));
  }

  private List<Finding> fixed(Verification verification, View view, Vm vm) {
    Verification.Stopwatch watch = verification.stopwatch();
    Lock lock = vm.lock();
    List<Finding> findings = new ArrayList<>();
    if (lock.has(Lock.Kind.HLAT)) {
      hlat(verification, view, vm, findings, watch);
    }
    if (lock.has(Lock.Kind.PINNED_PT)) {
      pinned(verification, view, vm, findings, watch);
    }
    boolean trusted = lock.has(Lock.Kind.TRUSTED_PT);
    if (!trusted && !(vm.controls().holds(Control.K3) && vm.controls().holds(Control.K4))) {
      findings.add(pagingMode(view, vm, watch));
    }
    translation(verification, view, vm, findings, watch);
    if (findings.isEmpty()) {
      findings.add(
          obligation(
                  view,
                  "lock " + name(lock),
                  lock,
                  "O-02",
                  "O-03",
                  "O-04",
                  "O-05",
                  "O-18",
                  "O-19",
                  "O-20",
                  "O-21",
                  "O-22",
                  "O-23")
              .proved(
                  "the conditions of lock \""
                      + name(lock)
                      + "\" hold"
                      + (trusted ? ", on the assumption that the guest's kernel is trusted" : "")
                      + "; "
                      + view.mappings().size()
                      + " mappings have one translation each",
                  watch.by("enumeration")));
    }
    return findings;
  }

  private Finding pagingMode(View view, Vm vm, Verification.Stopwatch watch) {
    return statement(
        obligation(view, "paging mode", vm.lock(), "O-22").at(vm.controls().at()),
        "the guest may change its paging mode: with CR0.PG clear every linear address is a "
            + "guest-physical one, and no lock on translation holds",
        watch);
  }

  /**
   * SDM revisions with HLAT: guest-paging verification closes the view to tables of the guest's.
   */
  private void hlat(
      Verification verification,
      View view,
      Vm vm,
      List<Finding> findings,
      Verification.Stopwatch watch) {
    Lock lock = vm.lock();
    if (!verification.policy().cpu().with(Cpu.Feature.HLAT)) {
      findings.add(
          statement(
              obligation(view, "cpu", lock, "O-03").at(verification.policy().cpu().at()),
              "the lock is hlat, and the processor is not said to have it",
              watch));
    }
    if (!vm.controls().holds(Control.K15)) {
      findings.add(
          statement(
              obligation(view, "hlat controls", lock, "O-03").at(vm.controls().at()),
              "HLAT, paging-write and guest-paging verification are not enabled",
              watch));
    }
    boolean anyCr3 = !vm.controls().holds(Control.K7);
    for (Mapping mapping : view.mappings()) {
      boolean paging = mapping.role() == Role.PAGING;
      if (!paging && !mapping.leaf().verifyGuestPaging()) {
        findings.add(
            statement(
                (anyCr3
                        ? obligation(view, mapping.name(), lock, "O-18", "O-19", "O-21")
                        : obligation(view, mapping.name(), lock, "O-03"))
                    .at(mapping.at()),
                mapping.name()
                    + " does not demand verified guest paging: tables the guest writes itself, in a "
                    + "page both sides share, lead any linear address to it"
                    + (anyCr3 ? ", and CR3 may point at them" : ""),
                watch));
      }
      if (mapping.leaf().pagingWrite() != paging) {
        findings.add(
            statement(
                obligation(view, mapping.name(), lock, "O-03").at(mapping.at()),
                paging
                    ? mapping.name() + " holds locked paging structures without paging-write"
                    : mapping.name()
                        + " counts as a verified paging structure (paging-write is set)",
                watch));
      }
    }
    for (Mapping mapping : homeTrampolines(verification, view)) {
      if (!mapping.leaf().verifyGuestPaging()) {
        findings.add(
            statement(
                obligation(view, mapping.name() + " in the default view", lock, "O-03")
                    .at(mapping.at()),
                mapping.name() + " in the default view does not demand verified guest paging",
                watch));
      }
    }
  }

  private static List<Mapping> homeTrampolines(Verification verification, View view) {
    return verification.defaultView(view.vm()).stream()
        .flatMap(home -> home.mappings().stream())
        .filter(mapping -> mapping.role() == Role.TRAMPOLINE)
        .toList();
  }

  /**
   * The hypervisor write-protects the guest's tables in every view and decides what CR3 may hold.
   */
  private void pinned(
      Verification verification,
      View view,
      Vm vm,
      List<Finding> findings,
      Verification.Stopwatch watch) {
    if (!vm.controls().holds(Control.K7)) {
      findings.add(
          statement(
              obligation(view, "cr3", vm.lock(), "O-18", "O-19", "O-21").at(vm.controls().at()),
              "CR3 loads do not exit, so the guest may point CR3 at tables of its own making",
              watch));
    }
    List<View> views =
        java.util.stream.Stream.concat(
                verification.defaultView(view.vm()).stream(), java.util.stream.Stream.of(view))
            .toList();
    for (View each : views) {
      List<Mapping> tables = each.mappings().stream().filter(m -> m.role() == Role.PAGING).toList();
      if (tables.isEmpty() || tables.stream().anyMatch(m -> m.leaf().write())) {
        findings.add(
            statement(
                obligation(view, "paging structures in " + each.name(), vm.lock(), "O-03", "O-04"),
                "view "
                    + each.name()
                    + (tables.isEmpty()
                        ? " maps no pinned paging structures"
                        : " maps the pinned paging structures writable"),
                watch));
      }
    }
  }

  /**
   * O-20: within the locked range, one linear address has one guest-physical address in all views.
   */
  private void translation(
      Verification verification,
      View view,
      Vm vm,
      List<Finding> findings,
      Verification.Stopwatch watch) {
    Lock lock = vm.lock();
    for (Mapping mapping : view.mappings()) {
      boolean outside =
          mapping.role() != Role.PAGING
              && lock.range().map(r -> !r.contains(mapping.la(), mapping.size())).orElse(true);
      if (outside && !lock.has(Lock.Kind.TRUSTED_PT)) {
        findings.add(
            statement(
                obligation(view, mapping.name(), lock, "O-20").at(mapping.at()),
                mapping.name()
                    + " has linear address "
                    + mapping.la()
                    + ", outside the locked range: the guest's tables translate it",
                watch));
      }
      for (View other : verification.policy().viewsOf(view.vm())) {
        for (Mapping clash : other.mappings()) {
          boolean meet =
              Long.compareUnsigned(clash.la().value(), mapping.la().value() + mapping.size() - 1)
                      <= 0
                  && Long.compareUnsigned(
                          mapping.la().value(), clash.la().value() + clash.size() - 1)
                      <= 0;
          boolean same =
              clash.gpa().value() - clash.la().value()
                  == mapping.gpa().value() - mapping.la().value();
          boolean locked =
              lock.range().map(r -> r.contains(clash.la(), 1)).orElse(false) || !other.isDefault();
          if (meet && !same && locked) {
            findings.add(
                statement(
                    obligation(view, mapping.name(), lock, "O-20").at(mapping.at()),
                    mapping.name()
                        + " and "
                        + clash.name()
                        + " of view "
                        + other.name()
                        + " share linear addresses and differ in guest-physical ones",
                    watch));
          }
        }
      }
    }
  }

  private Obligation obligation(View view, String subject, Lock lock, String... discharges) {
    return new Obligation(id(), List.of(discharges), view.name(), subject, Optional.of(lock.at()));
  }

  /**
   * A condition that the policy's own words fail: the attack is in the words, not in an execution.
   */
  private static Finding statement(
      Obligation obligation, String what, Verification.Stopwatch watch) {
    return obligation.refuted(
        what,
        new Counterexample(
            Counterexample.Kind.STATEMENT,
            what,
            Map.of("view", obligation.view(), "subject", obligation.subject()),
            List.of(),
            List.of(),
            List.of(),
            List.of()),
        watch.by("enumeration"));
  }
}

package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.Cpu;
import dev.postern.model.Location;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.LockStatement;
import dev.postern.verifier.access.LockStatement.LeafBit.Bit;
import dev.postern.verifier.access.PlatformStatement;
import dev.postern.verifier.access.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The conditions under which a lock that fixes translation does so, for one protected view. */
final class LockConditions {

  /** A condition that does not hold, and the words of the policy that say so. */
  record Failure(
      List<String> discharges, String subject, Location at, String what, Statement fact) {}

  private final Policy policy;
  private final View view;
  private final Vm vm;
  private final Lock lock;
  private final Translations translations;
  private final List<Failure> failures = new ArrayList<>();

  private LockConditions(Verification verification, View view, Vm vm) {
    this.policy = verification.policy();
    this.translations = Translations.of(verification, vm);
    this.view = view;
    this.vm = vm;
    this.lock = vm.lock();
  }

  /** All that fails, the lock's own conditions first. */
  static List<Failure> failing(Verification verification, View view, Vm vm) {
    LockConditions conditions = new LockConditions(verification, view, vm);
    if (conditions.lock.has(Lock.Kind.HLAT)) {
      conditions.hlat();
    }
    if (conditions.lock.has(Lock.Kind.PINNED_PT)) {
      conditions.pinned();
    }
    if (!conditions.lock.has(Lock.Kind.TRUSTED_PT)) {
      conditions.pagingMode();
      conditions.range();
    }
    conditions.oneTranslation();
    return conditions.failures;
  }

  private void fail(
      List<String> discharges, String subject, Location at, String what, Statement fact) {
    failures.add(new Failure(discharges, subject, at, what, fact));
  }

  /** O-22: with CR0.PG clear, or tables walked in another format, no lock on translation holds. */
  private void pagingMode() {
    for (Control control : List.of(Control.K3, Control.K4)) {
      if (!vm.controls().holds(control)) {
        fail(
            List.of("O-22"),
            "paging mode",
            vm.controls().at(),
            "the guest may change its paging mode: with CR0.PG clear every linear address is a "
                + "guest-physical one",
            new PlatformStatement.ControlLax(vm.name(), control));
        return;
      }
    }
  }

  /** Guest-paging verification closes the view to paging structures of the guest's own making. */
  private void hlat() {
    if (!policy.cpu().with(Cpu.Feature.HLAT)) {
      fail(
          List.of("O-03"),
          "cpu",
          policy.cpu().at(),
          "the lock is hlat, and the processor is not said to have it",
          new LockStatement.FeatureUnpinned(Cpu.Feature.HLAT));
    }
    if (!vm.controls().holds(Control.K15)) {
      fail(
          List.of("O-03"),
          "hlat controls",
          vm.controls().at(),
          "HLAT, paging-write and guest-paging verification are not enabled",
          new PlatformStatement.ControlLax(vm.name(), Control.K15));
    }
    for (Mapping mapping : view.mappings()) {
      boolean paging = mapping.role() == Role.PAGING;
      if (!paging && !mapping.leaf().verifyGuestPaging()) {
        unverified(view, mapping);
      }
      if (mapping.leaf().pagingWrite() != paging) {
        fail(
            List.of("O-03"),
            mapping.name(),
            mapping.at(),
            mapping.name()
                + (paging
                    ? " holds locked paging structures without paging-write"
                    : " counts as verified paging structures by its paging-write bit: tables the"
                        + " guest puts there pass guest-paging verification"),
            new LockStatement.LeafBit(view.name(), mapping.name(), Bit.PAGING_WRITE, !paging));
      }
    }
    home().stream()
        .flatMap(home -> home.mappings().stream())
        .filter(m -> m.role() == Role.TRAMPOLINE && !m.leaf().verifyGuestPaging())
        .forEach(mapping -> unverified(home().orElseThrow(), mapping));
  }

  private Optional<View> home() {
    return policy.viewsOf(vm.name()).stream().filter(View::isDefault).findFirst();
  }

  private void unverified(View in, Mapping mapping) {
    boolean anyCr3 = !vm.controls().holds(Control.K7);
    fail(
        anyCr3 ? List.of("O-03", "O-18", "O-19", "O-21") : List.of("O-03"),
        mapping.name() + " in " + in.name(),
        mapping.at(),
        mapping.name()
            + " in view "
            + in.name()
            + " does not demand verified guest paging: tables the guest wrote, in a page it shares "
            + "with the view, lead any linear address to it"
            + (anyCr3 ? ", and CR3 may point at them" : ""),
        new LockStatement.LeafBit(in.name(), mapping.name(), Bit.VERIFY_GUEST_PAGING, false));
  }

  /** The hypervisor write-protects the guest's tables in every view and decides what CR3 holds. */
  private void pinned() {
    if (!vm.controls().holds(Control.K7)) {
      fail(
          List.of("O-18", "O-19", "O-21"),
          "cr3",
          vm.controls().at(),
          "CR3 loads do not exit, so the guest may point CR3 at tables of its own making",
          new PlatformStatement.ControlLax(vm.name(), Control.K7));
    }
    List<View> views = new ArrayList<>(home().stream().toList());
    views.add(view);
    for (View each : views) {
      List<Mapping> tables = each.mappings().stream().filter(m -> m.role() == Role.PAGING).toList();
      if (tables.isEmpty() || tables.stream().anyMatch(m -> m.leaf().write())) {
        fail(
            List.of("O-03", "O-04"),
            "paging structures in " + each.name(),
            each.at(),
            "view " + each.name() + " does not map the pinned paging structures read-only",
            new LockStatement.TablesNotPinned(each.name()));
      }
    }
  }

  /** What the lock does not cover, the guest's own tables translate. */
  private void range() {
    for (Mapping mapping : view.mappings()) {
      boolean inside =
          lock.range().map(range -> range.contains(mapping.la(), mapping.size())).orElse(false);
      if (mapping.role() != Role.PAGING && !inside) {
        fail(
            List.of("O-20"),
            mapping.name(),
            mapping.at(),
            mapping.name()
                + " has linear address "
                + mapping.la()
                + ", outside the locked range: the guest's tables translate it",
            new LockStatement.OutsideRange(view.name(), mapping.name()));
      }
    }
  }

  /**
   * O-20: within the lock, one linear address has one guest-physical address in all views, and a
   * page of the view has one linear address. The locked paging structures are the same whatever the
   * view: an address that another view gives a page leads to it in this view too, where code at it
   * reaches other things relative to its instruction pointer than what was proved.
   */
  private void oneTranslation() {
    for (Mapping mapping : view.mappings()) {
      if (!translations.contradict(mapping)) {
        continue;
      }
      for (View other : policy.viewsOf(vm.name())) {
        for (Mapping clash : other.mappings()) {
          if (Translations.shift(clash) == Translations.shift(mapping)
              || !Translations.locked(lock, other, clash)) {
            continue;
          }
          LockStatement.Ambiguous fact =
              new LockStatement.Ambiguous(view.name(), mapping.name(), other.name(), clash.name());
          if (fact.read(policy).isPresent()) {
            fail(
                List.of("O-20"),
                mapping.name(),
                mapping.at(),
                fact + " share linear addresses and differ in guest-physical ones",
                fact);
          }
          LockStatement.SecondAddress second =
              new LockStatement.SecondAddress(
                  view.name(), mapping.name(), other.name(), clash.name());
          if (second.read(policy).isPresent()) {
            fail(
                List.of("O-20"),
                mapping.name(),
                mapping.at(),
                second + " share guest-physical addresses and differ in linear ones",
                second);
          }
        }
      }
    }
  }
}

package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.View;
import dev.postern.model.Vm;

/**
 * A closed view: guest-paging verification on every page that matters, so that only linear
 * addresses of the protected range lead to any of them, whatever page tables the guest sets up.
 */
final class ClosedView {

  private ClosedView() {}

  /**
   * Whether all of T, Cd, S, Q, A and constants demand verified guest paging, and the CPU checks.
   */
  static boolean is(Vm vm, View view) {
    return vm.lock().has(Lock.Kind.HLAT)
        && vm.controls().holds(Control.K15)
        && view.mappings().stream().allMatch(ClosedView::verified);
  }

  private static boolean verified(Mapping mapping) {
    return switch (mapping.role()) {
      case RAM, TRAMPOLINE, CODE, CONSTANT, PRIVATE, SOURCE_WINDOW, DESTINATION_WINDOW ->
          mapping.leaf().verifyGuestPaging();
      case PAGING -> true;
    };
  }

  /**
   * IDT-inert: no descriptor table the guest can load lies on a page of the view, so that an
   * event's delivery ends in an EPT violation.
   */
  static boolean idtInert(Vm vm, View view) {
    Controls controls = vm.controls();
    return is(vm, view) && controls.holds(Control.K8);
  }
}

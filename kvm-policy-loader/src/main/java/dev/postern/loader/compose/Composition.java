package dev.postern.loader.compose;

import dev.postern.model.Bytes;
import dev.postern.model.Cpu;
import dev.postern.model.Frames;
import dev.postern.model.Gate;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The obligations that compose, on the union of an installed policy and the next one. Each check is
 * sufficient, not necessary: what it cannot show safe is a clash.
 *
 * <p>Frames of the loader are never shared between bundles, because each bundle gets its own. So
 * only memory of virtual machines and host frames by address can meet.
 */
public final class Composition {

  private static final int PAGE = 4096;

  private final Policy installed;
  private final Policy next;
  private final List<Clash> clashes = new ArrayList<>();

  private Composition(Policy installed, Policy next) {
    this.installed = installed;
    this.next = next;
  }

  /** Every pair that clashes; policies of other machines meet in destinations' frames only. */
  public static List<Clash> check(List<Policy> installed, Policy next) {
    List<Clash> clashes = new ArrayList<>();
    for (Policy there : installed) {
      Composition composition = new Composition(there, next);
      composition.check();
      clashes.addAll(composition.clashes);
    }
    return clashes;
  }

  private void check() {
    for (Vm vm : next.vms()) {
      if (vm.source()) {
        installed.vm(vm.name()).filter(Vm::source).ifPresent(other -> sameVm(other, vm));
      }
    }
    frames();
  }

  private void sameVm(Vm there, Vm vm) {
    profile(there, vm);
    for (View old : installed.viewsOf(vm.name())) {
      for (View view : next.viewsOf(vm.name())) {
        if (!view.isDefault() && old.index() == view.index()) {
          clash("O-13", name(installed, old), name(next, view), "one index of the EPTP list");
        }
      }
    }
    View oldHome = home(installed, vm);
    View newHome = home(next, vm);
    defaults(oldHome, newHome);
    for (View view : next.viewsOf(vm.name())) {
      if (!view.isDefault()) {
        landings(installed, oldHome, next, view, true);
        congruent(there, installed, next, view, true);
      }
    }
    for (View view : installed.viewsOf(vm.name())) {
      if (!view.isDefault()) {
        landings(next, newHome, installed, view, false);
        congruent(vm, next, installed, view, false);
      }
    }
    edges(oldHome, newHome);
  }

  /** Both were proved of one machine under one profile. */
  private void profile(Vm there, Vm vm) {
    boolean same =
        there.vcpus() == vm.vcpus()
            && there.lock().kinds().equals(vm.lock().kinds())
            && there.lock().range().equals(vm.lock().range())
            && there.controls().held().equals(vm.controls().held())
            && there.controls().intercepted().equals(vm.controls().intercepted())
            && cpu(installed.cpu()).equals(cpu(next.cpu()));
    if (!same) {
      clash(
          "O-80",
          installed.name() + "/" + vm.name(),
          next.name() + "/" + vm.name(),
          "proved under other controls, lock, processor or number of vCPUs");
    }
  }

  private static List<Object> cpu(Cpu cpu) {
    return List.of(
        cpu.physicalAddressWidth(),
        cpu.executeOnly(),
        cpu.pageSizes(),
        cpu.fiveLevel(),
        cpu.accessedDirty(),
        cpu.shadowStack(),
        cpu.features(),
        cpu.l1tf());
  }

  private static View home(Policy policy, Vm vm) {
    return policy.viewsOf(vm.name()).stream().filter(View::isDefault).findFirst().orElseThrow();
  }

  /** One default view for both: where they meet they agree. */
  private void defaults(View old, View view) {
    for (Mapping a : old.mappings()) {
      for (Mapping b : view.mappings()) {
        if (meet(a.gpa().value(), a.size(), b.gpa().value(), b.size())) {
          long shift = b.gpa().value() - a.gpa().value();
          boolean loader =
              a.frames().owner() instanceof Frames.Owner.Loader
                  || b.frames().owner() instanceof Frames.Owner.Loader;
          boolean agree =
              !loader
                  && a.frames().owner().equals(b.frames().owner())
                  && a.frames().offset() + shift == b.frames().offset()
                  && a.leaf().equals(b.leaf());
          if (!agree) {
            clash(
                "O-80",
                name(installed, old, a),
                name(next, view, b),
                "different frames or rights for one guest-physical page of the default view");
          }
        }
      }
    }
  }

  /**
   * O-01, O-03, O-12: the list is one for the VMCS, so a VMFUNC in the other's trampoline may
   * choose this view. Where none of its pages is executable here, by guest-physical and by locked
   * linear address, the next fetch faults; where one is, it is a landing nobody proved.
   */
  private void landings(
      Policy other, View otherHome, Policy own, View view, boolean otherIsInstalled) {
    for (Mapping gate : otherHome.mappings()) {
      if (gate.role() != Role.TRAMPOLINE) {
        continue;
      }
      for (Mapping code : view.mappings()) {
        if (executable(code)
            && (meet(gate.gpa().value(), gate.size(), code.gpa().value(), code.size())
                || meet(gate.la().value(), gate.size(), code.la().value(), code.size()))) {
          String theirs = name(other, otherHome, gate);
          String mine = name(own, view, code);
          clash(
              "O-12",
              otherIsInstalled ? theirs : mine,
              otherIsInstalled ? mine : theirs,
              "a trampoline's page is executable in a view it was not proved for");
        }
      }
    }
  }

  /**
   * Under SCAN a landing is known by its offset in a page alone; the other's sites add offsets to
   * the ones this view was proved for.
   */
  private void congruent(Vm vm, Policy other, Policy own, View view, boolean otherIsInstalled) {
    if (!vm.lock().has(Lock.Kind.SCAN) || view.mediationNotClaimed().isPresent()) {
      return;
    }
    Set<Long> added = offsets(other, vm);
    added.removeAll(offsets(own, vm));
    if (!added.isEmpty()) {
      String theirs = other.name() + "/" + vm.name();
      String mine = name(own, view);
      clash(
          "O-03",
          otherIsInstalled ? theirs : mine,
          otherIsInstalled ? mine : theirs,
          "landing at page offset 0x"
              + Long.toHexString(added.iterator().next())
              + ", which was not proved");
    }
  }

  private static Set<Long> offsets(Policy policy, Vm vm) {
    Set<Long> offsets = new HashSet<>();
    for (Gate gate : policy.gates()) {
      if (policy.view(gate.to()).map(view -> view.vm().equals(vm.name())).orElse(false)) {
        offsets.add(gate.entered().value() % PAGE);
        offsets.add(gate.left().value() % PAGE);
      }
    }
    return offsets;
  }

  /** O-07: both trampolines' pages are executable in the default view. */
  private void edges(View old, View view) {
    for (Mapping a : old.mappings()) {
      for (Mapping b : view.mappings()) {
        if (executable(a)
            && executable(b)
            && a.image().isPresent()
            && b.image().isPresent()
            && (crosses(a.image().get().bytes(), b.image().get().bytes())
                || crosses(b.image().get().bytes(), a.image().get().bytes()))) {
          clash(
              "O-07",
              name(installed, old, a),
              name(next, view, b),
              "the end of one page and the beginning of the other make a VMFUNC");
        }
      }
    }
  }

  private static boolean crosses(Bytes tails, Bytes heads) {
    for (int end = PAGE; end <= tails.size(); end += PAGE) {
      for (int start = 0; start < heads.size(); start += PAGE) {
        String edge = tails.slice(end - 3, end).hex() + heads.slice(start, start + 3).hex();
        // Two digits a byte; the first three bytes are the tail's.
        for (int at = 0; at < 3; at++) {
          String rest = edge.substring(2 * at);
          if ((at > 0 && rest.startsWith("0f01d4"))
              || (rest.startsWith("d5")
                  && rest.length() >= 8
                  && rest.charAt(2) >= '8'
                  && rest.startsWith("01d4", 4))) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Frames that both reach: O-24, O-30, O-31, O-34, O-37. */
  private void frames() {
    for (View old : installed.views()) {
      for (View view : next.views()) {
        for (Mapping a : old.mappings()) {
          for (Mapping b : view.mappings()) {
            if (shared(a.frames(), b.frames())) {
              mapped(old, a, view, b);
            }
          }
        }
      }
    }
    reached(installed, next, true);
    reached(next, installed, false);
  }

  private void mapped(View old, Mapping a, View view, Mapping b) {
    String there = name(installed, old, a);
    String here = name(next, view, b);
    if (a.leaf().memoryType() != b.leaf().memoryType()
        || a.leaf().ignorePat() != b.leaf().ignorePat()) {
      clash("O-24", there, here, "one frame with two memory types");
    }
    if ((fixed(a.role()) && writable(b)) || (fixed(b.role()) && writable(a))) {
      clash("O-30", there, here, "frames that one executes and the other writes");
    }
    if (a.role() == Role.PRIVATE || b.role() == Role.PRIVATE) {
      clash("O-58", there, here, "private frames that another view has");
    }
    boolean bothWrite =
        a.role() == Role.DESTINATION_WINDOW
            && b.role() == Role.DESTINATION_WINDOW
            && writable(a)
            && writable(b);
    if (bothWrite && !old.vm().equals(view.vm()) && !agreed(a, old.vm(), view.vm())) {
      clash("O-37", there, here, "two sources may write one frame, and its owner did not agree");
    }
  }

  /** Whether both policies' approvals say that the two sources share the frames. */
  private boolean agreed(Mapping window, String one, String other) {
    return says(installed, window, one, other) && says(next, window, other, one);
  }

  private static boolean says(Policy policy, Mapping window, String source, String sharer) {
    return policy.vms().stream()
        .flatMap(vm -> vm.approvals().stream())
        .anyMatch(approval ->
            approval.source().equals(source)
                && approval.sharedWith().contains(sharer)
                && shared(approval.frames(), window.frames()));
  }

  /** What devices reach and what controls the processor, of {@code one}; what {@code two} maps. */
  private void reached(Policy one, Policy two, boolean oneIsInstalled) {
    for (View view : two.views()) {
      for (Mapping mapping : view.mappings()) {
        String mine = name(two, view, mapping);
        one.dmaDomains()
            .forEach(domain -> {
              boolean hit =
                  fixed(mapping.role())
                      && domain.frames().stream().anyMatch(f -> shared(f, mapping.frames()));
              if (hit) {
                pair("O-31", one.name(), mine, oneIsInstalled, "a device writes these frames");
              }
            });
        one.controlRegions()
            .forEach(region -> {
              if (shared(region.frames(), mapping.frames())) {
                pair("O-34", one.name(), mine, oneIsInstalled, "a control structure's frames");
              }
            });
      }
    }
  }

  private void pair(
      String obligation, String one, String two, boolean oneIsInstalled, String detail) {
    clash(obligation, oneIsInstalled ? one : two, oneIsInstalled ? two : one, detail);
  }

  private static boolean shared(Frames a, Frames b) {
    return !(a.owner() instanceof Frames.Owner.Loader)
        && a.owner().equals(b.owner())
        && meet(a.offset(), a.size(), b.offset(), b.size());
  }

  private static boolean fixed(Role role) {
    return switch (role) {
      case TRAMPOLINE, CODE, CONSTANT, PAGING, PRIVATE -> true;
      case RAM, SOURCE_WINDOW, DESTINATION_WINDOW -> false;
    };
  }

  private static boolean writable(Mapping mapping) {
    return mapping.leaf().write()
        || mapping.leaf().subPageWrite()
        || mapping.leaf().supervisorShadowStack();
  }

  private static boolean executable(Mapping mapping) {
    return mapping.leaf().execute() || mapping.leaf().userExecute();
  }

  private static boolean meet(long a, long sizeA, long b, long sizeB) {
    return Long.compareUnsigned(a, b + sizeB - 1) <= 0
        && Long.compareUnsigned(b, a + sizeA - 1) <= 0;
  }

  private static String name(Policy policy, View view) {
    return policy.name() + "/" + view.name();
  }

  private static String name(Policy policy, View view, Mapping mapping) {
    return name(policy, view) + "." + mapping.name();
  }

  private void clash(String obligation, String there, String here, String detail) {
    clashes.add(new Clash(obligation, there, here, detail));
  }
}

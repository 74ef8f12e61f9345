package dev.postern.loader.kvm;

import dev.postern.model.Control;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Vm;
import java.util.List;

/**
 * What the module is to hold for a source machine.
 *
 * @param profile K1 is bit 0
 * @param exceptions vectors that exit (K9), by bit
 * @param first linear address from which on no descriptor table may lie (K8)
 * @param last up to this one; none is out of bounds where {@code first} is larger
 */
record Demands(long profile, int exceptions, long first, long last) {

  /** NMIs and machine checks: KVM takes them whatever is asked. */
  private static final int HOSTS_OWN = 1 << 2 | 1 << 18;

  /** Of the policy's controls those the module can hold; the others were accepted, or refused. */
  static Demands of(Policy policy, Vm vm, long enforceable) {
    long profile = 0;
    for (Control control : vm.controls().held()) {
      profile |= 1L << Integer.parseInt(control.name().substring(1)) - 1;
    }
    int exceptions = 0;
    for (int vector : vm.controls().intercepted()) {
      exceptions |= 1 << vector;
    }
    List<Lock.Range> ranges = protectedRanges(policy, vm);
    long first =
        ranges.stream().map(range -> range.start().value()).min(Long::compareUnsigned).orElse(1L);
    long last =
        ranges.stream()
            .map(range -> range.start().value() + range.size() - 1)
            .max(Long::compareUnsigned)
            .orElse(0L);
    return new Demands(profile & enforceable, exceptions & ~HOSTS_OWN, first, last);
  }

  /** The locked range and every page of a protected view. */
  private static List<Lock.Range> protectedRanges(Policy policy, Vm vm) {
    List<Lock.Range> ranges = new java.util.ArrayList<>();
    vm.lock().range().ifPresent(ranges::add);
    policy.viewsOf(vm.name()).stream()
        .filter(view -> !view.isDefault())
        .flatMap(view -> view.mappings().stream())
        .forEach((Mapping mapping) -> ranges.add(new Lock.Range(mapping.la(), mapping.size())));
    return ranges;
  }
}

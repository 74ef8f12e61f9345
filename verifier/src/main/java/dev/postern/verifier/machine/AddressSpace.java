package dev.postern.verifier.machine;

import dev.postern.model.Control;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One protected view as code in it sees memory: linear addresses, through the lock, to mappings.
 *
 * <p>Where the lock fixes the translation, a linear address of the view's mappings leads to that
 * mapping and any other leads nowhere in the view. Where it does not ({@link #open}), an address
 * leads to any page the attacker's tables choose, and only offsets within the current page mean
 * anything.
 */
public final class AddressSpace {

  private final View view;
  private final Vm vm;
  private final boolean open;
  private final List<Mapping> byLa;

  public AddressSpace(View view, Vm vm) {
    this.view = view;
    this.vm = vm;
    this.open = !vm.lock().fixesTranslation() && !vm.lock().has(Lock.Kind.PRIVATE_PT);
    this.byLa = new ArrayList<>(view.mappings());
    byLa.sort(Comparator.comparing(Mapping::la));
  }

  public View view() {
    return view;
  }

  public Vm vm() {
    return vm;
  }

  /** Whether the attacker chooses where linear addresses lead. */
  public boolean open() {
    return open;
  }

  public List<Mapping> mappings() {
    return byLa;
  }

  /** The mapping at a linear address. */
  public Optional<Mapping> at(long la) {
    int low = 0;
    int high = byLa.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Mapping mapping = byLa.get(middle);
      if (Long.compareUnsigned(la - mapping.la().value(), mapping.size()) < 0) {
        return Optional.of(mapping);
      }
      if (Long.compareUnsigned(la, mapping.la().value()) < 0) {
        high = middle - 1;
      } else {
        low = middle + 1;
      }
    }
    return Optional.empty();
  }

  /** Whether code may run from the mapping, at either privilege level. */
  public boolean executable(Mapping mapping) {
    return mapping.leaf().execute()
        || (mapping.leaf().userExecute() && vm.controls().holds(Control.K13));
  }

  /**
   * Up to {@code most} bytes of code from {@code la} on, as far as they can be fetched and are
   * known.
   */
  byte[] code(long la, int most) {
    byte[] code = new byte[most];
    for (int i = 0; i < most; i++) {
      long at = la + i;
      Optional<Mapping> mapping = at(at).filter(this::executable);
      boolean samePage = (at & -4096L) == (la & -4096L);
      if (mapping.isEmpty() || mapping.get().image().isEmpty() || (open && !samePage)) {
        return java.util.Arrays.copyOf(code, i);
      }
      long offset = at - mapping.get().la().value();
      code[i] = (byte) mapping.get().image().get().bytes().at((int) offset);
    }
    return code;
  }

  /** Mappings that a data access of the given kind gets through to. */
  public List<Mapping> reachable(boolean write) {
    return byLa.stream().filter(m -> write ? m.leaf().write() : m.leaf().read()).toList();
  }

  /** Whether bytes of {@code mapping} can change behind the view's back between two loads. */
  static boolean shared(Mapping mapping) {
    return mapping.role() == Role.SOURCE_WINDOW
        || mapping.role() == Role.DESTINATION_WINDOW
        || mapping.role() == Role.RAM
        || mapping.role() == Role.PAGING;
  }
}

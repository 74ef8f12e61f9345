package dev.postern.verifier.machine;

import dev.postern.model.Bytes;
import dev.postern.model.Control;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.x86.Decoded;
import dev.postern.x86.Decoder;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.Arrays;
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

  private static final long PAGE = PageSize.SMALL.bytes();

  /** Bytes of the longest instruction (SDM vol. 2 §2.3.11). */
  private static final int LONGEST = 15;

  private final View view;
  private final Vm vm;
  private final boolean open;
  private final boolean apx;
  private final List<Mapping> byLa;

  public AddressSpace(Policy policy, View view, Vm vm) {
    this.view = view;
    this.vm = vm;
    this.apx = !policy.rex2Excluded(vm);
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
    int end = open ? (int) Math.min(most, PAGE - (la & (PAGE - 1))) : most;
    int known = 0;
    while (known < end) {
      Optional<Mapping> mapping = at(la + known).filter(this::executable);
      if (mapping.isEmpty() || mapping.get().image().isEmpty()) {
        break;
      }
      Bytes image = mapping.get().image().get().bytes();
      long offset = la + known - mapping.get().la().value();
      for (; known < end && offset < mapping.get().size(); offset++) {
        code[known++] = (byte) image.at((int) offset);
      }
    }
    return known == most ? code : Arrays.copyOf(code, known);
  }

  /** The instruction at {@code la}, as far as it can be fetched, on the policy's platform. */
  Decoded decode(long la, Mode mode) {
    byte[] code = code(la, LONGEST);
    return Decoder.decode(code, 0, code.length, mode, apx);
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

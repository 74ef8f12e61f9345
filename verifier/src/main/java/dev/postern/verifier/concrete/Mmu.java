package dev.postern.verifier.concrete;

import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.View;
import java.util.Arrays;
import java.util.Optional;

/**
 * The guest's paging and the EPT that is on (SDM vol. 3 §29.3): what an access by linear address
 * reaches, or why the run ends there.
 */
final class Mmu {

  private static final int PAGE = (int) PageSize.SMALL.bytes();

  private final World world;
  private final int privilegeLevel;
  private int viewIndex;
  private View view;

  /**
   * With the EPT of the list's entry {@code viewIndex} on.
   *
   * @throws IllegalArgumentException if that entry is none
   */
  Mmu(World world, int privilegeLevel, int viewIndex) {
    this.world = world;
    this.privilegeLevel = privilegeLevel;
    this.viewIndex = viewIndex;
    this.view =
        world
            .slot(viewIndex)
            .orElseThrow(() -> new IllegalArgumentException("no valid view " + viewIndex));
  }

  /** Turns another entry's EPT on; false, and nothing done, if there is none. */
  boolean change(int index) {
    Optional<View> target = world.slot(index);
    if (target.isPresent()) {
      viewIndex = index;
      view = target.get();
    }
    return target.isPresent();
  }

  int viewIndex() {
    return viewIndex;
  }

  View view() {
    return view;
  }

  /** Up to {@code most} bytes that can be fetched from {@code la} on. */
  byte[] fetchable(long la, int most) {
    byte[] code = new byte[most];
    int known = 0;
    while (known < most) { // once a page: neither paging nor EPT knows smaller ones
      Optional<Long> gpa = codeGpa(la + known);
      if (gpa.isEmpty()) {
        return Arrays.copyOf(code, known);
      }
      Mapping mapping = world.mapping(view, gpa.get()).orElseThrow();
      int offset = (int) (gpa.get() & (PAGE - 1));
      int count = Math.min(most - known, PAGE - offset);
      System.arraycopy(world.page(mapping, gpa.get()), offset, code, known, count);
      known += count;
    }
    return code;
  }

  /** Where a fetch from {@code address} goes, if it is let through. */
  Optional<Long> codeGpa(long address) {
    return switch (world.translate(viewIndex, view, address)) {
      case World.Translation.To(long gpa) ->
          world
              .mapping(view, gpa)
              .filter(m -> world.permits(m.leaf(), AccessKind.FETCH, privilegeLevel))
              .map(m -> gpa);
      case World.Translation.Missing missing -> Optional.empty();
      case World.Translation.Unverified unverified -> Optional.empty();
    };
  }

  /** The mapping behind a linear address, if paging and EPT let {@code kind} through. */
  Mapping resolve(long address, AccessKind kind) {
    long gpa = gpa(address, kind);
    Mapping mapping =
        world
            .mapping(view, gpa)
            .orElseThrow(() -> new Stopped(new Stop.EptViolation(viewIndex, address, gpa, kind)));
    if (world.misconfigured(mapping.leaf())) {
      throw new Stopped(new Stop.EptMisconfiguration(viewIndex, gpa));
    }
    if (!world.permits(mapping.leaf(), kind, privilegeLevel)) {
      throw new Stopped(new Stop.EptViolation(viewIndex, address, gpa, kind));
    }
    return mapping;
  }

  /** The guest-physical address behind a linear one. */
  long gpa(long address, AccessKind kind) {
    return switch (world.translate(viewIndex, view, address)) {
      case World.Translation.To(long gpa) -> gpa;
      case World.Translation.Missing missing ->
          throw new Stopped(new Stop.NoTranslation(viewIndex, address));
      case World.Translation.Unverified(long gpa) ->
          throw new Stopped(new Stop.EptViolation(viewIndex, address, gpa, kind));
    };
  }

  byte read(long address) {
    Mapping mapping = resolve(address, AccessKind.READ);
    long gpa = gpa(address, AccessKind.READ);
    return world.page(mapping, gpa)[(int) (gpa & (PAGE - 1))];
  }

  void write(long address, byte value) {
    Mapping mapping = resolve(address, AccessKind.WRITE);
    long gpa = gpa(address, AccessKind.WRITE);
    world.page(mapping, gpa)[(int) (gpa & (PAGE - 1))] = value;
  }
}

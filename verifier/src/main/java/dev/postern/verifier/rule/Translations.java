package dev.postern.verifier.rule;

import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.verifier.Verification;
import dev.postern.verifier.map.IntervalMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which linear address leads to which guest-physical one in the views of one VM, as far as the lock
 * has a say: by linear and by guest-physical address, the <em>shift</em> from the one to the other
 * (their difference, modulo 2^64), or that mappings give several.
 *
 * <p>A mapping translates by one shift from its first byte to its last. Two mappings contradict
 * each other exactly if they share an address of either kind and their shifts differ; so a mapping
 * on whose addresses of both kinds no other shift stands contradicts none, and need not be compared
 * with every mapping of every view.
 */
final class Translations {

  /** What is known of the shift at an address. */
  private sealed interface Shift {
    record Of(long bytes) implements Shift {
      @Override
      public String toString() {
        return "Of[bytes=" + bytes + "]";
      }
    }

    record Several() implements Shift {}
  }

  private final IntervalMap<Shift> byLa;
  private final IntervalMap<Shift> byGpa;

  private Translations(IntervalMap<Shift> byLa, IntervalMap<Shift> byGpa) {
    this.byLa = byLa;
    this.byGpa = byGpa;
  }

  /** Those of {@code vm}, learnt once a run. */
  static Translations of(Verification verification, Vm vm) {
    return Optional.ofNullable(verification.fact(OfAll.class, OfAll::learn).byVm().get(vm.name()))
        .orElseThrow();
  }

  private record OfAll(Map<String, Translations> byVm) {
    static OfAll learn(Verification verification) {
      Map<String, Translations> all = new HashMap<>();
      for (Vm vm : verification.policy().vms()) {
        IntervalMap.Builder<Shift> byLa = IntervalMap.builder();
        IntervalMap.Builder<Shift> byGpa = IntervalMap.builder();
        for (View view : verification.policy().viewsOf(vm.name())) {
          for (Mapping mapping : view.mappings()) {
            if (locked(vm.lock(), view, mapping)) {
              Shift shift = new Shift.Of(shift(mapping));
              byLa.addCount(mapping.la().value(), mapping.size(), shift);
              byGpa.addCount(mapping.gpa().value(), mapping.size(), shift);
            }
          }
        }
        all.put(
            vm.name(),
            new Translations(
                byLa.buildJoining(Translations::join), byGpa.buildJoining(Translations::join)));
      }
      return new OfAll(all);
    }
  }

  private static Shift join(Shift one, Shift other) {
    return one.equals(other) ? one : new Shift.Several();
  }

  /** Bytes from a mapping's linear addresses to its guest-physical ones. */
  static long shift(Mapping mapping) {
    return mapping.gpa().value() - mapping.la().value();
  }

  /** Whether any of the mapping's linear addresses are the lock's business. */
  static boolean locked(Lock lock, View view, Mapping mapping) {
    long first = mapping.la().value();
    long last = first + mapping.size() - 1;
    boolean meets =
        lock.range()
            .map(range -> {
              long start = range.start().value();
              long end = start + range.size() - 1;
              return Long.compareUnsigned(first, end) <= 0
                  && Long.compareUnsigned(start, last) <= 0;
            })
            .orElse(false);
    return !view.isDefault() || meets;
  }

  /** Whether any locked mapping translates an address of {@code mapping} in another way. */
  boolean contradict(Mapping mapping) {
    Shift own = new Shift.Of(shift(mapping));
    return otherThan(own, byLa, mapping.la().value(), mapping.size())
        || otherThan(own, byGpa, mapping.gpa().value(), mapping.size());
  }

  private static boolean otherThan(Shift own, IntervalMap<Shift> map, long first, long size) {
    long last = first + (size - 1);
    for (int i = map.indexAtOrAfter(first);
        i < map.size() && Long.compareUnsigned(map.first(i), last) <= 0;
        i++) {
      if (!map.value(i).equals(own)) {
        return true;
      }
    }
    return false;
  }
}

package dev.postern.verifier.concrete;

import dev.postern.model.Disclosure;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Two runs compared by what they wrote where the source can read. */
final class Disclosures {

  private Disclosures() {}

  /** Whether the source reads the mapping and what is written there is held against the code. */
  static boolean readable(Mapping mapping) {
    return mapping.role() != Role.PRIVATE
        && mapping.role() != Role.DESTINATION_WINDOW
        && mapping.discloses() != Disclosure.DATA;
  }

  /** The first thing the source sees that is not the same in both runs. */
  static Optional<String> difference(Run one, Run other) {
    boolean complete = one.complete() && other.complete();
    return compare(strict(one), strict(other), complete)
        .or(() -> {
          Map<Long, List<Run.Write>> first = byInstruction(one);
          Map<Long, List<Run.Write>> second = byInstruction(other);
          for (long at : new TreeSet<>(first.keySet())) {
            Optional<String> difference =
                compare(
                    first.getOrDefault(at, List.of()), second.getOrDefault(at, List.of()), false);
            if (difference.isPresent()) {
              return difference;
            }
          }
          return Optional.empty();
        });
  }

  private static List<Run.Write> strict(Run run) {
    return run.writes().stream()
        .filter(write -> write.mapping().discloses() == Disclosure.NOTHING)
        .toList();
  }

  private static Map<Long, List<Run.Write>> byInstruction(Run run) {
    Map<Long, List<Run.Write>> writes = new LinkedHashMap<>();
    for (Run.Write write : run.writes()) {
      if (write.mapping().discloses() == Disclosure.PROGRESS) {
        writes.computeIfAbsent(write.at(), at -> new java.util.ArrayList<>()).add(write);
      }
    }
    return writes;
  }

  private static Optional<String> compare(
      List<Run.Write> one, List<Run.Write> other, boolean complete) {
    int both = Math.min(one.size(), other.size());
    for (int i = 0; i < both; i++) {
      Run.Write a = one.get(i);
      Run.Write b = other.get(i);
      if (a.gpa() != b.gpa() || a.value() != b.value()) {
        return Optional.of(
            "byte %d written to %s is %s in one run and %s in another that differs only in protected memory"
                .formatted(i, a.mapping().name(), show(a), show(b)));
      }
    }
    if (complete && one.size() != other.size()) {
      List<Run.Write> longer = one.size() > other.size() ? one : other;
      return Optional.of(
          "%s is written at gpa %s in one run and not in another that differs only in protected memory"
              .formatted(longer.get(both).mapping().name(), Scenario.hex(longer.get(both).gpa())));
    }
    return Optional.empty();
  }

  private static String show(Run.Write write) {
    return "0x%02x at gpa %s".formatted(write.value(), Scenario.hex(write.gpa()));
  }
}

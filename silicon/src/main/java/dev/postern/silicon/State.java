package dev.postern.silicon;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where the processor is between two instructions: address, view, registers and flags, by the
 * hypervisor's names for them. Runs have thousands of these, so that each is one array.
 */
public final class State {

  private static final Map<String, Integer> PLACES =
      places(
          "rip", "idx", "rflags", "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8",
          "r9", "r10", "r11", "r12", "r13", "r14", "r15");

  private final long[] values;

  private State(long[] values) {
    this.values = values;
  }

  private static Map<String, Integer> places(String... names) {
    return IntStream.range(0, names.length)
        .boxed()
        .collect(Collectors.toUnmodifiableMap(i -> names[i], i -> i));
  }

  /** What a line says that says everything. */
  static State of(Map<String, Long> all) {
    if (!all.keySet().containsAll(PLACES.keySet())) {
      throw new IllegalArgumentException("the first step does not say everything: " + all);
    }
    return new State(new long[PLACES.size()]).with(all);
  }

  /** What is not named is as it was. */
  State with(Map<String, Long> changed) {
    long[] next = values.clone();
    changed.forEach((name, value) -> {
      Integer place = PLACES.get(name);
      if (place != null) {
        next[place] = value;
      }
    });
    return new State(next);
  }

  public long value(String name) {
    return find(name).orElseThrow(() -> new IllegalArgumentException("the report has no " + name));
  }

  /** The same, where there is such a name. */
  Optional<Long> find(String name) {
    return Stream.ofNullable(PLACES.get(name)).map(place -> values[place]).findFirst();
  }
}

package dev.postern.verifier.access;

import dev.postern.model.Control;
import dev.postern.model.Cpu;
import dev.postern.model.Policy;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a policy says of the processor and of a source's VMCS profile. */
public sealed interface PlatformStatement extends Statement {

  /** {@code vm} is on the lax setting of {@code control}. */
  record ControlLax(String vm, Control control) implements PlatformStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return policy
          .vm(vm)
          .filter(machine -> !machine.controls().holds(control))
          .map(machine -> "not held: " + control.text());
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "control", "vm", vm, "control", control.name());
    }

    @Override
    public String toString() {
      return control.word().isEmpty() || control.lax().isEmpty()
          ? control.name() + " of " + vm
          : control.word() + " " + control.lax();
    }
  }

  /** Exception {@code vector} does not exit; the guest's own table handles it. */
  record VectorPassed(String vm, int vector) implements PlatformStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return policy
          .vm(vm)
          .filter(machine -> !machine.controls().intercepts(vector))
          .map(machine -> "bit " + vector + " of the exception bitmap is clear");
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "vector", "vm", vm, "vector", Integer.toString(vector));
    }

    @Override
    public String toString() {
      return "exception " + vector + " of " + vm;
    }
  }

  /**
   * The processor may have {@code feature}: the policy does not pin it, nor holds {@code control}.
   */
  record FeatureOpen(String vm, Cpu.Feature feature, Control control) implements PlatformStatement {
    @Override
    public Optional<String> read(Policy policy) {
      boolean open =
          !policy.cpu().with(feature)
              && !policy.cpu().without(feature)
              && policy.vm(vm).filter(m -> !m.controls().holds(control)).isPresent();
      return open
          ? Optional.of("neither the processor nor " + control + " says whether it is there")
          : Optional.empty();
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact", "feature-open", "vm", vm, "feature", feature.name(), "control", control.name());
    }

    @Override
    public String toString() {
      return "feature " + feature.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Speculation past a non-present entry reads the L1 cache. */
  record TerminalFault() implements PlatformStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return switch (policy.cpu().l1tf()) {
        case AFFECTED -> Optional.of("the processor is affected by L1 terminal fault");
        case NOT_AFFECTED -> Optional.empty();
      };
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "l1tf");
    }

    @Override
    public String toString() {
      return "l1tf affected";
    }
  }

  /** Reads back {@link #start}; empty where it is not one. */
  static Optional<Statement> parse(Map<String, String> start) {
    String vm = start.getOrDefault("vm", "");
    return switch (start.getOrDefault("fact", "")) {
      case "control" ->
          named(Control.values(), start.getOrDefault("control", ""))
              .map(control -> new ControlLax(vm, control));
      case "vector" ->
          vector(start.getOrDefault("vector", "")).map(vector -> new VectorPassed(vm, vector));
      case "feature-open" ->
          named(Cpu.Feature.values(), start.getOrDefault("feature", ""))
              .flatMap(feature ->
                  named(Control.values(), start.getOrDefault("control", ""))
                      .map(control -> new FeatureOpen(vm, feature, control)));
      case "l1tf" -> Optional.of(new TerminalFault());
      default -> Optional.empty();
    };
  }

  private static <E extends Enum<E>> Optional<E> named(E[] values, String name) {
    return Arrays.stream(values).filter(value -> value.name().equals(name)).findFirst();
  }

  private static Optional<Integer> vector(String text) {
    try {
      return Optional.of(Integer.parseInt(text));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}

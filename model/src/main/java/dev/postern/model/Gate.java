package dev.postern.model;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One declared crossing, from the default view into a protected one and back. Addresses are linear.
 *
 * @param from view the caller is in
 * @param to view entered
 * @param enter where the caller jumps to
 * @param entered landing behind the entering VMFUNC
 * @param calls protected code's entry: reaching it is passing the gate
 * @param leave where protected code jumps to
 * @param left landing behind the leaving VMFUNC
 * @param returnsThrough register the tail branches to, back in {@code from}
 * @param privilegeLevel CPL the gate demands, 0 or 3
 * @param arguments caller's registers that protected code may read meaningfully
 * @param results registers that may carry a value out of the view
 * @param preserves registers that come back unchanged
 * @param maxInstructions bound from landing to landing
 * @param invariants of loops behind the gate, to be checked; at most one for a head
 */
public record Gate(
    Location at,
    String name,
    String from,
    String to,
    La enter,
    La entered,
    La calls,
    La leave,
    La left,
    Optional<Register> returnsThrough,
    int privilegeLevel,
    Set<Register> arguments,
    Set<Register> results,
    Set<Register> preserves,
    long maxInstructions,
    List<LoopInvariant> invariants) {

  public Gate {
    arguments = sorted(arguments);
    results = sorted(results);
    preserves = sorted(preserves);
    invariants = List.copyOf(invariants);
    if (privilegeLevel != 0 && privilegeLevel != 3) {
      throw new IllegalArgumentException("gate " + name + ": privilege level is 0 or 3");
    }
    if (maxInstructions <= 0) {
      throw new IllegalArgumentException("gate " + name + ": instruction bound must be positive");
    }
  }

  private static Set<Register> sorted(Set<Register> registers) {
    return java.util.Collections.unmodifiableSet(
        registers.isEmpty()
            ? java.util.EnumSet.noneOf(Register.class)
            : java.util.EnumSet.copyOf(registers));
  }
}

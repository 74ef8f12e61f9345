package dev.postern.verifier.machine;

import dev.postern.x86.Decoded;
import dev.postern.x86.Instruction;
import dev.postern.x86.Mnemonic;
import dev.postern.x86.Mode;
import dev.postern.x86.Operand;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order in which an exploration visits instructions: reverse postorder of the direct control
 * flow, so that a join waits for all that leads to it. It decides how much merges, never what is
 * found: a question about all paths to a place asks {@link Explorer#joined}.
 */
final class Order {

  /** Before anything is explored. */
  static final Order NONE = new Order();

  private final Map<Long, Integer> position = new HashMap<>();

  private Order() {}

  /** The instructions that direct control flow shows. */
  Set<Long> all() {
    return position.keySet();
  }

  /** Position of an instruction; what direct control flow does not show comes last. */
  int of(long la) {
    return position.getOrDefault(la, Integer.MAX_VALUE);
  }

  static Order from(AddressSpace space, Mode mode, long start, Set<Long> stops, int limit) {
    Order order = new Order();
    List<Long> postorder = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    Deque<Visit> stack = new ArrayDeque<>();
    stack.push(new Visit(start, successors(space, mode, start, stops)));
    seen.add(start);
    while (!stack.isEmpty()) {
      Visit visit = stack.peek();
      if (visit.left.isEmpty() || seen.size() > limit) {
        postorder.add(visit.la);
        stack.pop();
      } else {
        long next = visit.left.poll();
        if (seen.add(next)) {
          stack.push(new Visit(next, successors(space, mode, next, stops)));
        }
      }
    }
    for (int i = 0; i < postorder.size(); i++) {
      order.position.put(postorder.get(i), postorder.size() - i);
    }
    return order;
  }

  static boolean isCall(AddressSpace space, Mode mode, long la) {
    return space.decode(la, mode) instanceof Instruction instruction
        && instruction.mnemonic() == Mnemonic.CALL;
  }

  private record Visit(long la, Deque<Long> left) {}

  /** Direct successors; after a call the return point comes first, so that it is placed last. */
  static Deque<Long> successors(AddressSpace space, Mode mode, long la, Set<Long> stops) {
    Deque<Long> next = new ArrayDeque<>();
    if (stops.contains(la)) {
      return next;
    }
    Decoded decoded = space.decode(la, mode);
    if (decoded instanceof Instruction instruction) {
      Mnemonic mnemonic = instruction.mnemonic();
      long after = la + instruction.length();
      boolean ends =
          mnemonic == Mnemonic.JMP || mnemonic == Mnemonic.RET || mnemonic == Mnemonic.VMFUNC;
      if (!ends) {
        next.add(after);
      }
      for (Operand operand : instruction.operands()) {
        if (operand instanceof Operand.Relative relative) {
          next.add(after + relative.displacement());
        }
      }
    }
    if (decoded instanceof Decoded.Foreign foreign) {
      next.add(la + foreign.length());
    }
    return next;
  }
}

package dev.postern.verifier.machine;

import dev.postern.x86.Mode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The loops that direct control flow shows. It decides where an invariant is looked for, never what
 * holds: an invariant is checked for every way back to the head, whatever led there.
 */
final class Loops {

  /**
   * One natural loop; several back edges to one head are one loop.
   *
   * @param body instructions on a way from the head back to it, not those of functions called there
   * @param exits where a direct branch or the next instruction leaves the body
   */
  record Loop(long head, Set<Long> body, Set<Long> exits) {
    Loop {
      body = Set.copyOf(body);
      exits = Set.copyOf(exits);
    }
  }

  private final Map<Long, Loop> byHead = new HashMap<>();

  private Loops() {}

  Optional<Loop> at(long head) {
    return Optional.ofNullable(byHead.get(head));
  }

  static Loops from(AddressSpace space, Mode mode, Order order, Set<Long> stops) {
    Map<Long, Set<Long>> successors = new HashMap<>();
    Map<Long, Set<Long>> predecessors = new HashMap<>();
    for (long la : order.all()) {
      Set<Long> next = new HashSet<>(Order.successors(space, mode, la, stops));
      successors.put(la, next);
      for (long to : next) {
        predecessors.computeIfAbsent(to, _ -> new HashSet<>()).add(la);
      }
    }
    Loops loops = new Loops();
    Map<Long, Set<Long>> bodies = new HashMap<>();
    successors.forEach((from, next) -> {
      for (long to : next) {
        if (order.of(to) <= order.of(from)) {
          Set<Long> body = bodies.computeIfAbsent(to, head -> new HashSet<>(Set.of(head)));
          collect(from, predecessors, body);
        }
      }
    });
    bodies.forEach((head, body) -> {
      Set<Long> exits = new HashSet<>();
      for (long la : body) {
        for (long to : Order.successors(space, mode, la, stops)) {
          if (!body.contains(to) && !Order.isCall(space, mode, la)) {
            exits.add(to);
          }
        }
      }
      loops.byHead.put(head, new Loop(head, body, exits));
    });
    return loops;
  }

  /** Adds what reaches {@code from} without passing what is there already. */
  private static void collect(long from, Map<Long, Set<Long>> predecessors, Set<Long> body) {
    Deque<Long> open = new ArrayDeque<>();
    open.push(from);
    while (!open.isEmpty()) {
      long la = open.pop();
      if (body.add(la)) {
        predecessors.getOrDefault(la, Set.of()).forEach(open::push);
      }
    }
  }
}

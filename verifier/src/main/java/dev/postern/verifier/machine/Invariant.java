package dev.postern.verifier.machine;

import dev.postern.model.Disclosure;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.Terms;
import dev.postern.x86.Bits;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for what holds each time a loop's head is reached from one state there, and how often it
 * is.
 *
 * <p>With a round number k, 0 at that state, each register, flag and private cell is either what it
 * was, or what it was plus k times a constant, or any value with some bits known to be zero. The
 * kinds are guessed from one symbolic round and weakened until a round from such a state comes back
 * in such a state, with k one more: the step of an induction, which the solver decides where terms
 * do not. The last round is the smallest k found from which the solver excludes a way back. So
 * every state at the head is one of these with k up to that, and one round from them is all rounds.
 */
final class Invariant {

  /** Weakenings; each makes at least one place freer, and loops have few places. */
  private static final int ATTEMPTS = 12;

  private sealed interface Place {
    record Register(Gpr gpr) implements Place {}

    record Bit(Flag flag) implements Place {}

    record Cell(long la, int bytes) implements Place {}
  }

  private sealed interface Kind {
    record Linear(long step) implements Kind {}

    /** {@code zeros}: bits that are 0. */
    record Any(Term value, long zeros) implements Kind {}
  }

  private final Explorer explorer;
  private final TermAlgebra algebra;
  private final Loops.Loop loop;
  private final State entry;
  private final long most;
  private final Term round;
  private final Map<Place, Kind> varying = new LinkedHashMap<>();
  private boolean fenced;

  private Invariant(Explorer explorer, Loops.Loop loop, State entry, long most) {
    this.explorer = explorer;
    this.algebra = explorer.algebra();
    this.loop = loop;
    this.entry = entry;
    this.most = most;
    // Which round it is may depend on protected memory: the name says so to Secrecy.
    this.round = explorer.fresh("load.round", 64);
    this.fenced = entry.fenced();
  }

  /**
   * One state for all that reach the head of {@code loop} from {@code entry}, marked as such; its
   * count of instructions is that of the last.
   *
   * @param most rounds that are of interest
   */
  static Optional<State> of(Explorer explorer, Loops.Loop loop, State entry, long most) {
    return new Invariant(explorer, loop, entry, most).find();
  }

  private Optional<State> find() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      State head = head(most);
      Optional<List<State>> backs = round(head);
      if (backs.isEmpty() || backs.get().isEmpty()) {
        return Optional.empty();
      }
      if (backs.get().stream().anyMatch(back -> !comparable(head, back))) {
        return Optional.empty();
      }
      boolean weaker = weaken(head, backs.get());
      if (overlapping()) {
        return Optional.empty();
      }
      if (!weaker) {
        return last(backs.get()).map(last -> settled(head, backs.get(), last));
      }
    }
    return Optional.empty();
  }

  private State settled(State head, List<State> backs, long last) {
    long longest = 0;
    for (State back : backs) {
      longest = Math.max(longest, back.instructions() - head.instructions());
    }
    State all = head(last);
    all.count(last * longest);
    all.enter(loop.head());
    return all;
  }

  /** The state in any round up to {@code last}, as it is guessed now. */
  private State head(long last) {
    State head = entry.copy();
    head.assume(algebra.not(algebra.ult(algebra.constant(64, last), round)));
    varying.forEach((place, kind) -> set(head, place, value(place, kind)));
    if (!fenced) {
      head.predict();
    }
    return head;
  }

  private Term value(Place place, Kind kind) {
    Term start = get(entry, place);
    return switch (kind) {
      case Kind.Linear(long step) -> {
        int width = start.width();
        Term k =
            width >= 64 ? algebra.zeroExtend(round, width) : algebra.extract(round, width - 1, 0);
        yield algebra.add(start, algebra.mul(k, algebra.constant(width, step)));
      }
      case Kind.Any(Term value, long zeros) ->
          zeros == 0 ? value : algebra.and(value, algebra.constant(value.width(), ~zeros));
    };
  }

  /** What comes back to the head from {@code head}; nothing if the round is not followed. */
  private Optional<List<State>> round(State head) {
    List<State> backs = new ArrayList<>();
    boolean[] lost = {false};
    Set<Long> stops = new HashSet<>(loop.exits());
    stops.add(loop.head());
    explorer.trial(
        stops,
        head,
        event -> {
          switch (event) {
            case Event.Reached reached -> {
              if (reached.state().la() == loop.head()) {
                backs.add(reached.state());
              }
            }
            case Event.Unmodelled cut -> lost[0] = true;
            case Event.Reserved cut -> lost[0] = true;
            case Event.Approximated e -> lost[0] = true;
            case Event.Access access -> lost[0] |= access.write() && mayTell(access);
            case Event.AccessAnywhere e -> lost[0] = true;
            case Event.Faults e -> {}
            case Event.Indirect e -> {}
            case Event.Predicted e -> {}
            case Event.Transfers e -> {}
            case Event.Raises e -> {}
            case Event.Exits e -> {}
            case Event.Trapped e -> {}
            case Event.Vmfunc e -> {}
            case Event.LeavesCode e -> {}
            case Event.LeavesPage e -> {}
          }
          return lost[0] ? Watcher.Next.END_EXPLORATION : Watcher.Next.GO_ON;
        });
    return lost[0] ? Optional.empty() : Optional.of(backs);
  }

  /**
   * Writes that the source may read are compared over two runs one by one, in their order; all
   * rounds in one have none.
   */
  private boolean mayTell(Event.Access access) {
    for (Mapping mapping : explorer.space().mappings()) {
      boolean told =
          mapping.leaf().write()
              && mapping.role() != Role.PRIVATE
              && mapping.role() != Role.DESTINATION_WINDOW
              && mapping.discloses() != Disclosure.DATA;
      if (told && access.known().isPresent()) {
        told = access.known().get().equals(mapping);
      } else if (told) {
        Term start = algebra.constant(64, mapping.la().value());
        Term within =
            algebra.ult(algebra.sub(access.address(), start), algebra.constant(64, mapping.size()));
        Term around =
            algebra.ult(algebra.sub(start, access.address()), algebra.constant(64, access.bytes()));
        told =
            !access.count().isConstant(1)
                || !explorer.excluded(access.state().condition(), algebra.or(within, around));
      }
      if (told) {
        return true;
      }
    }
    return false;
  }

  private static boolean comparable(State head, State back) {
    return head.predictedCalls() == back.predictedCalls() && head.memory().sameEpoch(back.memory());
  }

  /** Makes places freer that a round does not bring back as guessed; whether any was. */
  private boolean weaken(State head, List<State> backs) {
    boolean weaker = false;
    Set<Place> places = new java.util.LinkedHashSet<>();
    for (Gpr gpr : Gpr.values()) {
      places.add(new Place.Register(gpr));
    }
    for (Flag flag : Flag.values()) {
      places.add(new Place.Bit(flag));
    }
    for (State back : backs) {
      back.memory().cells((la, bytes) -> places.add(new Place.Cell(la, bytes)));
      if (fenced && !back.fenced()) {
        fenced = false;
        weaker = true;
      }
    }
    places.addAll(varying.keySet());
    Map<Place, Kind> freer = new HashMap<>();
    for (Place place : places) {
      Optional<Kind> kind = Optional.ofNullable(varying.get(place));
      Term before = get(head, place);
      for (State back : backs) {
        Term after = get(back, place);
        if (!keeps(kind, before, after, back)) {
          Kind next = freer(place, kind, before, backs);
          freer.put(place, next);
          weaker = true;
          break;
        }
      }
    }
    varying.putAll(freer);
    return weaker;
  }

  /** Of two places that overlap, what is said of one is not said of the other. */
  private boolean overlapping() {
    for (Place one : varying.keySet()) {
      for (Place other : varying.keySet()) {
        if (one instanceof Place.Cell(long la, int bytes)
            && other instanceof Place.Cell(long at, int size)
            && !one.equals(other)
            && la - at < size
            && at - la < bytes) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean keeps(Optional<Kind> kind, Term before, Term after, State back) {
    if (kind.isEmpty()) {
      return after == before;
    }
    return switch (kind.get()) {
      case Kind.Linear(long step) -> isStep(before, after, step, back);
      case Kind.Any(Term value, long zeros) ->
          zeros == 0 || (after.facts().zeros() & zeros) == zeros;
    };
  }

  private boolean isStep(Term before, Term after, long step, State back) {
    Term next = algebra.add(before, algebra.constant(before.width(), step));
    return next == after
        || explorer.excluded(back.condition(), algebra.not(algebra.eq(next, after)));
  }

  private Kind freer(Place place, Optional<Kind> kind, Term before, List<State> backs) {
    int width = before.width();
    if (kind.isEmpty() && width > 1 && width <= 64) {
      long step = guess(algebra.sub(get(backs.getFirst(), place), before));
      if (step != 0
          && backs.stream().allMatch(back -> isStep(before, get(back, place), step, back))) {
        return new Kind.Linear(step);
      }
    }
    long zeros = width > 64 ? 0 : get(entry, place).facts().zeros();
    if (kind.orElse(null) instanceof Kind.Any any) {
      zeros &= any.zeros();
    }
    for (State back : backs) {
      zeros &= width > 64 ? 0 : get(back, place).facts().zeros();
    }
    Term value =
        kind.orElse(null) instanceof Kind.Any any ? any.value() : explorer.fresh("load.any", width);
    return new Kind.Any(value, zeros);
  }

  /** The difference at one assignment: a guess, to be checked. */
  private static long guess(Term difference) {
    Map<Term.Variable, Bits> assignment = new HashMap<>();
    for (Term.Variable variable : Terms.variables(List.of(difference))) {
      assignment.put(variable, Bits.of(variable.width(), 0x35));
    }
    return Terms.evaluate(difference, assignment).low();
  }

  /** The smallest round found that none follows; the invariant holds with any such. */
  private Optional<Long> last(List<State> backs) {
    long low = 0;
    long high = 1;
    if (isLast(backs, 0)) {
      return Optional.of(0L);
    }
    while (!isLast(backs, high)) {
      low = high;
      high *= 2;
      if (low >= most) {
        return Optional.empty();
      }
      high = Math.min(high, most);
    }
    while (high - low > 1) {
      long middle = (low + high) >>> 1;
      if (isLast(backs, middle)) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return Optional.of(high);
  }

  private boolean isLast(List<State> backs, long candidate) {
    Term here = algebra.eq(round, algebra.constant(64, candidate));
    return backs.stream().allMatch(back -> explorer.excluded(back.condition(), here));
  }

  private Term get(State state, Place place) {
    return switch (place) {
      case Place.Register(Gpr gpr) -> state.gpr(gpr);
      case Place.Bit(Flag flag) -> state.flag(flag);
      case Place.Cell(long la, int bytes) -> state.memory().load(algebra, la, bytes);
    };
  }

  private void set(State state, Place place, Term value) {
    switch (place) {
      case Place.Register(Gpr gpr) -> state.set(gpr, value);
      case Place.Bit(Flag flag) -> state.set(flag, value);
      case Place.Cell(long la, int bytes) -> state.memory().store(algebra, la, value);
    }
  }
}

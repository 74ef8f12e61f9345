package dev.postern.verifier.machine;

import dev.postern.verifier.smt.Term;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Ends loops at their heads, where what matters is only whether something can happen in them at all
 * (a landing), not how often they run. What differs from round to round becomes any value, until a
 * round brings nothing new.
 *
 * <p>Why that is sound. Let W be the state kept for a head: some registers and flags are variables
 * of their own that occur nowhere else in W, and W's path condition is one that every path here
 * since has as its beginning. A state that arrives with the same terms in all other registers and
 * flags, and a condition that only adds to W's, is an instance of W: give W's own variables the
 * values of the arrival's terms. Whatever the arrival would lead to, W has led to. Otherwise W is
 * replaced by a state that covers both, with new variables, and followed anew; each replacement
 * frees a register, a flag or private memory, or shortens the condition, so it ends.
 *
 * <p>Dropping a condition forgets which way was taken, and a new variable what a value was made
 * from. Where protected memory had a part in it, values keep that in their names ("load"), and a
 * condition is not dropped: then the loop is followed round by round, as far as limits allow.
 */
final class Widening {

  /** A head's state, and which parts of it are variables of its own. */
  private record Kept(State state, Set<Gpr> gprs, Set<Flag> flags, boolean memory) {}

  private final Explorer explorer;
  private final Predicate<Term> isProtected;
  private final Map<Long, Kept> heads = new HashMap<>();

  /** {@code isProtected} says whether a term has protected memory in it. */
  Widening(Explorer explorer, Predicate<Term> isProtected) {
    this.explorer = explorer;
    this.isProtected = isProtected;
  }

  /** The state to follow from a loop's head instead of {@code arrival}; empty if nothing is new. */
  Optional<State> at(State arrival) {
    Kept kept = heads.get(arrival.la());
    if (kept == null) {
      heads.put(
          arrival.la(),
          new Kept(arrival.copy(), EnumSet.noneOf(Gpr.class), EnumSet.noneOf(Flag.class), false));
      return Optional.of(arrival);
    }
    if (covers(kept, arrival)) {
      return Optional.empty();
    }
    PathCondition common = kept.state.condition().commonWith(arrival.condition());
    if (kept.state.condition().since(common).stream().anyMatch(isProtected)
        || arrival.condition().since(common).stream().anyMatch(isProtected)) {
      return Optional.of(arrival);
    }
    Kept wider = wider(kept, arrival, common);
    heads.put(arrival.la(), wider);
    return Optional.of(wider.state.copy());
  }

  private boolean covers(Kept kept, State arrival) {
    State state = kept.state;
    for (Gpr gpr : Gpr.values()) {
      if (!covers(state.gpr(gpr), kept.gprs.contains(gpr), arrival.gpr(gpr))) {
        return false;
      }
    }
    for (Flag flag : Flag.values()) {
      if (!covers(state.flag(flag), kept.flags.contains(flag), arrival.flag(flag))) {
        return false;
      }
    }
    return (kept.memory || state.memory().sameAs(arrival.memory()))
        && state.condition().commonWith(arrival.condition()) == state.condition()
        && state.knowsNoMoreThan(arrival);
  }

  private boolean covers(Term kept, boolean any, Term arrival) {
    return any ? isProtected.test(kept) || !isProtected.test(arrival) : kept == arrival;
  }

  private Kept wider(Kept kept, State arrival, PathCondition common) {
    Set<Gpr> gprs = EnumSet.noneOf(Gpr.class);
    gprs.addAll(kept.gprs);
    Set<Flag> flags = EnumSet.noneOf(Flag.class);
    flags.addAll(kept.flags);
    boolean memory = kept.memory || !kept.state.memory().sameAs(arrival.memory());
    State wider = kept.state.since(arrival, common);
    for (Gpr gpr : Gpr.values()) {
      Term one = kept.state.gpr(gpr);
      Term other = arrival.gpr(gpr);
      if (gprs.contains(gpr) || one != other) {
        gprs.add(gpr);
        wider.set(gpr, any(one, other));
      }
    }
    for (Flag flag : Flag.values()) {
      Term one = kept.state.flag(flag);
      Term other = arrival.flag(flag);
      if (flags.contains(flag) || one != other) {
        flags.add(flag);
        wider.set(flag, any(one, other));
      }
    }
    if (memory) {
      wider.memory().forget(explorer.freshId());
    }
    return new Kept(wider, gprs, flags, memory);
  }

  private Term any(Term one, Term other) {
    boolean hidden = isProtected.test(one) || isProtected.test(other);
    return explorer.fresh(hidden ? "load" : "round", one.width());
  }
}

package dev.postern.verifier.machine;

import dev.postern.model.LoopInvariant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Loops that one exploration goes round once for all of their rounds, where it can. */
final class Summaries {

  /**
   * Rounds that are unrolled before an invariant is looked for: exact, and most loops are short.
   */
  static final int UNROLLED = 16;

  private final Explorer explorer;
  private final Optional<Loops> loops;
  private final Map<Long, LoopInvariant> declared;
  private final long longest;
  private final Set<Long> met = new HashSet<>();
  private final Set<Long> withoutInvariant = new HashSet<>();

  /**
   * @param loops none where every loop is unrolled
   * @param declared what the policy says, by the addresses of loops' heads
   * @param longest instructions that a path may have
   */
  Summaries(
      Explorer explorer, Optional<Loops> loops, Map<Long, LoopInvariant> declared, long longest) {
    this.explorer = explorer;
    this.loops = loops;
    this.declared = declared;
    this.longest = longest;
  }

  /**
   * The state, or one for all rounds of a loop that has gone round for a while, or of which the
   * policy says something. What it says is not believed where it is not seen to hold: the loop is
   * unrolled then, for the run that shows what is wrong, and nothing is proved.
   */
  State at(State state, int visits) {
    long la = state.la();
    Optional<LoopInvariant> said = Optional.ofNullable(declared.get(la));
    boolean goesOn = said.isPresent() || visits > UNROLLED;
    Optional<Loops.Loop> loop = loops.flatMap(all -> all.at(la));
    if (loop.isPresent()) {
      met.add(la);
    }
    if (!goesOn || loop.isEmpty() || withoutInvariant.contains(la)) {
      return state;
    }
    long most = Math.min(longest, 1 << 16);
    // One that is too long is unrolled, for the run that shows it.
    Invariant invariant = new Invariant(explorer, loop.get(), state, most, said);
    Optional<State> all = invariant.find().filter(rounds -> rounds.instructions() <= longest);
    if (all.isEmpty()) {
      withoutInvariant.add(la);
      invariant
          .objection()
          .ifPresent(why -> explorer.emit(new Event.Unmodelled(state.copy(), why)));
    }
    return all.orElse(state);
  }

  /** Notes which summarised loops the state has left by coming to where it is. */
  void leave(State state) {
    for (long head : state.rounds()) {
      if (loops
          .flatMap(all -> all.at(head))
          .filter(loop -> loop.exits().contains(state.la()))
          .isPresent()) {
        state.leave(head);
      }
    }
  }

  /** What the policy says of places that turned out to be the heads of no loop. */
  List<LoopInvariant> ofNoLoop() {
    List<LoopInvariant> never = new ArrayList<>();
    declared.forEach((head, invariant) -> {
      if (!met.contains(head)) {
        never.add(invariant);
      }
    });
    return never;
  }
}

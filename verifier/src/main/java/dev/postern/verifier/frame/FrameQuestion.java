package dev.postern.verifier.frame;

import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.PairwiseOutcome;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Does anybody's use of a frame offend a subject's use of the same frame? One sweep over all
 * holders, repeated without the offended holder for each one found.
 *
 * @param name the obligation, for the witness
 * @param subject which uses are protected
 * @param offends whether another holder's use (second) offends the subject's (first)
 * @param alone whether one holder's own mappings of a frame offend each other
 */
public record FrameQuestion(
    String name, Predicate<Use> subject, BiPredicate<Use, Use> offends, Predicate<Use> alone) {

  /** More offended views than this are not told apart: the policy is refuted many times over. */
  public static final int MAX_OFFENDED = 16;

  /**
   * A frame of {@code subject} that {@code offender} offends; the same holder where its own
   * mappings do.
   */
  public record Offence(Holder subject, Holder offender, long key) {

    /** Whether mappings of one holder offend each other. */
    public boolean own() {
      return subject.name().equals(offender.name());
    }
  }

  /**
   * The answer.
   *
   * @param offences the first of each view, by frame
   * @param ranges of subjects' frames that were looked at
   * @param exhausted whether holders without an offence listed are clean; false after {@link
   *     #MAX_OFFENDED}
   */
  public record Answer(List<Offence> offences, long ranges, boolean exhausted) {
    public Answer {
      offences = List.copyOf(offences);
    }
  }

  /** A use, and whether it is the subject of the question. */
  private record Tagged(boolean subject, Use use) {}

  public Answer ask(FrameIndex index) {
    List<Holder> holders = index.holders();
    List<Offence> offences = new ArrayList<>();
    BitSet decided = new BitSet();
    for (int i = 0; i < holders.size(); i++) {
      Optional<Offence> own = ownOffence(holders.get(i));
      if (own.isPresent()) {
        offences.add(own.get());
        decided.set(i);
      }
    }
    Optional<Offence> next = next(holders, decided);
    while (next.isPresent() && offences.size() < MAX_OFFENDED) {
      offences.add(next.get());
      next = next(holders, decided);
    }
    offences.sort(Comparator.comparing(Offence::key, Long::compareUnsigned));
    long ranges = holders.stream().mapToLong(this::subjects).sum();
    return new Answer(offences, ranges, next.isEmpty());
  }

  private long subjects(Holder holder) {
    return holder.uses().where(subject).size();
  }

  private Optional<Offence> ownOffence(Holder holder) {
    IntervalMap<Use> own = holder.uses().where(use -> subject.test(use) && alone.test(use));
    return own.isEmpty()
        ? Optional.empty()
        : Optional.of(new Offence(holder, holder, own.first(0)));
  }

  /** The first offence of a holder that is not decided, which is then. */
  private Optional<Offence> next(List<Holder> holders, BitSet decided) {
    List<IntervalMap<Tagged>> maps = new ArrayList<>();
    for (int i = 0; i < holders.size(); i++) {
      boolean open = !decided.get(i);
      maps.add(
          holders
              .get(i)
              .uses()
              .mapValues(use -> new Tagged(open && subject.test(use), use), Tagged::toString));
    }
    return switch (MapProver.pairwise(name, maps, this::conflict)) {
      case PairwiseOutcome.Holds<Tagged> holds -> Optional.empty();
      case PairwiseOutcome.Violated<Tagged>(
              long key,
              int left,
              var leftRange,
              int right,
              var rightRange) -> {
        boolean leftOffended = conflict(leftRange.value(), rightRange.value());
        int offended = leftOffended ? left : right;
        decided.set(offended);
        yield Optional.of(
            new Offence(holders.get(offended), holders.get(leftOffended ? right : left), key));
      }
    };
  }

  private boolean conflict(Tagged mine, Tagged theirs) {
    return mine.subject() && offends.test(mine.use(), theirs.use());
  }
}

package dev.postern.verifier.frame;

import dev.postern.model.report.Evidence;
import dev.postern.verifier.Verification;
import dev.postern.verifier.map.Agreement.PairwiseVerdict;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.PairwiseOutcome;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
   * @param undecided why holders without an offence listed may have one; empty if they have none
   */
  public record Answer(
      List<Offence> offences, long ranges, Optional<String> undecided, Evidence evidence) {
    public Answer {
      offences = List.copyOf(offences);
    }
  }

  /** A use, and whether it is the subject of the question. */
  private record Tagged(boolean subject, Use use) {
    /** Written out for a cold start's sake, see {@link Use#toString}. */
    @Override
    public String toString() {
      return "Tagged[subject=" + subject + ", use=" + use + "]";
    }
  }

  public Answer ask(Verification run) {
    List<Holder> holders = FrameIndex.of(run).holders();
    List<Offence> offences = new ArrayList<>();
    BitSet decided = new BitSet();
    for (int i = 0; i < holders.size(); i++) {
      Optional<Offence> own = ownOffence(holders.get(i));
      if (own.isPresent()) {
        offences.add(own.get());
        decided.set(i);
      }
    }
    List<IntervalMap<Use>> concerned = concerned(holders);
    MapProver prover = new MapProver(run);
    Optional<String> undecided = Optional.empty();
    boolean more = true;
    while (more && undecided.isEmpty()) {
      switch (next(concerned, decided, prover)) {
        case PairwiseVerdict.Holds<Tagged> holds -> more = false;
        case PairwiseVerdict.Unknown<Tagged>(String reason) -> undecided = Optional.of(reason);
        case PairwiseVerdict.Violated<Tagged>(PairwiseOutcome.Violated<Tagged> violation) -> {
          boolean leftOffended = conflict(violation.left().value(), violation.right().value());
          int offended = leftOffended ? violation.leftMap() : violation.rightMap();
          int offender = leftOffended ? violation.rightMap() : violation.leftMap();
          decided.set(offended);
          offences.add(new Offence(holders.get(offended), holders.get(offender), violation.key()));
          if (offences.size() >= MAX_OFFENDED) {
            undecided = Optional.of(MAX_OFFENDED + " views are refuted already");
          }
        }
      }
    }
    offences.sort(Comparator.comparing(Offence::key, Long::compareUnsigned));
    long ranges = holders.stream().mapToLong(this::subjects).sum();
    return new Answer(offences, ranges, undecided, prover.evidence());
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

  /**
   * Each holder's uses without those that offend none and that none offends, whatever the frame:
   * kinds of use are few, and most questions are about few of them.
   */
  private List<IntervalMap<Use>> concerned(List<Holder> holders) {
    Set<Use> kinds = new LinkedHashSet<>();
    for (Holder holder : holders) {
      for (int c = 0; c < holder.uses().classes(); c++) {
        kinds.add(holder.uses().classValue(c));
      }
    }
    Set<Use> kept = new HashSet<>();
    for (Use mine : kinds) {
      for (Use other : kinds) {
        if (subject.test(mine) && offends.test(mine, other)) {
          kept.add(mine);
          kept.add(other);
        }
      }
    }
    return holders.stream().map(holder -> holder.uses().where(kept::contains)).toList();
  }

  /** The first offence of a holder that is not decided. */
  private PairwiseVerdict<Tagged> next(
      List<IntervalMap<Use>> uses, BitSet decided, MapProver prover) {
    List<IntervalMap<Tagged>> maps = new ArrayList<>();
    for (int i = 0; i < uses.size(); i++) {
      boolean open = !decided.get(i);
      maps.add(
          uses.get(i)
              .mapValues(use -> new Tagged(open && subject.test(use), use), Tagged::toString));
    }
    return prover.pairwise(name, maps, this::conflict);
  }

  private boolean conflict(Tagged mine, Tagged theirs) {
    return mine.subject() && offends.test(mine.use(), theirs.use());
  }
}

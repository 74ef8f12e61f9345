package dev.postern.verifier.rule;

import dev.postern.model.Disclosure;
import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.verifier.gate.Secrecy;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What protected code writes where the source guest can read it, in two runs with the same caller,
 * the same source memory and different protected memory. Of a mapping that discloses
 *
 * <ul>
 *   <li>nothing: each write is executed in both runs or in neither, at the same address, with the
 *       same bytes;
 *   <li>progress: an instruction that writes for the nth time does so at the same address with the
 *       same bytes. Writes are numbered as they are met on the walk, which is the same number if
 *       none is executed without those before it;
 *   <li>data: nothing is asked.
 * </ul>
 */
final class WindowWrites {

  private static final String[] DISCHARGES = {"O-62"};

  private final Inquiry inquiry;
  private final TermAlgebra algebra;
  private final Secrecy secrecy;

  /** By instruction and window, when it was last written: all of these hold. */
  private final Map<String, List<Term>> previous = new HashMap<>();

  /** What has been said of which instruction: once is enough, in whatever round of a loop. */
  private final Set<String> said = new HashSet<>();

  WindowWrites(Inquiry inquiry) {
    this.inquiry = inquiry;
    this.algebra = inquiry.algebra();
    this.secrecy = Secrecy.ofSource(inquiry.walk());
  }

  /** Mappings of the view that tell the source something it may not be told. */
  static List<Mapping> watched(List<Mapping> mappings) {
    return mappings.stream()
        .filter(m ->
            m.leaf().write()
                && m.role() != Role.PRIVATE
                && m.role() != Role.DESTINATION_WINDOW
                && m.discloses() != Disclosure.DATA)
        .toList();
  }

  void inspect() {
    List<Mapping> watched = watched(inquiry.walk().space().mappings());
    if (watched.isEmpty()) {
      return;
    }
    for (Event event : inquiry.walk().events()) {
      if (event instanceof Event.Access access && access.write()) {
        for (Mapping window : watched) {
          Term touches = touches(access, window);
          if (!touches.isFalse() && !excluded(access, touches)) {
            written(access, window, touches);
          }
        }
      }
    }
  }

  /** Whether any byte written may be one of the window's. */
  private Term touches(Event.Access access, Mapping window) {
    if (access.known().isPresent()) {
      return algebra.constant(access.known().get().equals(window));
    }
    Term start = algebra.constant(64, window.la().value());
    Term size = algebra.constant(64, window.size());
    // Counts that wrap are accesses-in-windows' business; here they count as touching.
    Term span = algebra.mul(access.count(), algebra.constant(64, access.bytes()));
    Term many = algebra.ult(algebra.constant(64, 1L << 40), access.count());
    Term within = algebra.ult(algebra.sub(access.address(), start), size);
    Term around = algebra.ult(algebra.sub(start, access.address()), span);
    return algebra.and(
        algebra.not(algebra.eq(access.count(), algebra.constant(64, 0))),
        algebra.or(algebra.or(within, around), algebra.or(access.descending(), many)));
  }

  private boolean excluded(Event.Access access, Term touches) {
    return !touches.isTrue()
        && inquiry.walk().desk().ask("may a window be written", access.state().condition(), touches)
            instanceof Answer.Unsat;
  }

  private void written(Event.Access access, Mapping window, Term touches) {
    List<Term> occurs = new ArrayList<>(access.state().condition().conjuncts());
    if (!touches.isTrue()) {
      occurs.add(touches);
    }
    String name = window.name();
    if (window.discloses() == Disclosure.PROGRESS) {
      numbered(access, window, occurs);
    } else {
      judge(
          access,
          "whether " + name + " is written depends on protected memory",
          secrecy.ofOccurring(occurs));
    }
    Term where = algebra.concat(access.address(), access.count());
    judge(
        access,
        "where " + name + " is written depends on protected memory",
        secrecy.of(occurs, where));
    String what = name + " is written with bytes that depend on protected memory";
    switch (access.written()) {
      case Event.Written.Value(Term value) -> judge(access, what, secrecy.of(occurs, value));
      case Event.Written.Copy(Term from) -> copied(access, from, occurs, what);
      case Event.Written.Nothing none -> throw new IllegalStateException("a write writes");
    }
  }

  /** No execution of the instruction comes without the one before it. */
  private void numbered(Event.Access access, Mapping window, List<Term> occurs) {
    String key = access.state().la() + " " + window.name();
    List<Term> earlier = previous.put(key, occurs);
    if (earlier == null) {
      return;
    }
    Set<Term> missing = new LinkedHashSet<>(earlier);
    missing.removeAll(occurs);
    List<Term> asserted = new ArrayList<>(occurs);
    asserted.add(algebra.not(algebra.all(List.copyOf(missing))));
    if (!missing.isEmpty()
        && secrecy.mentions(earlier)
        && !(inquiry.walk().desk().ask(new Query("is a write left out", asserted))
            instanceof Answer.Unsat)) {
      inquiry.undecided(
          access.state(),
          window.name() + " is written by an instruction whose earlier writes may be left out",
          "which of its writes is the nth depends on protected memory",
          DISCHARGES);
    }
  }

  private void judge(Event.Access access, String what, Secrecy.Verdict verdict) {
    if (verdict instanceof Secrecy.Verdict.Public || !said.add(access.state().la() + what)) {
      return;
    }
    switch (verdict) {
      case Secrecy.Verdict.Public ok -> {}
      case Secrecy.Verdict.Undecided undecided ->
          inquiry.undecided(access.state(), what, undecided.reason(), DISCHARGES);
      case Secrecy.Verdict.Depends depends ->
          inquiry.refute(
              access.state(),
              what,
              "disclose",
              inquiry.walk().disclosed(depends.one(), depends.other(), List.of()),
              DISCHARGES);
    }
  }

  /**
   * A copy is the source's own if all of it comes from its windows, or from constants, at an
   * address that tells nothing.
   */
  private void copied(Event.Access access, Term from, List<Term> occurs, String what) {
    if (said.contains(access.state().la() + what)) {
      return;
    }
    Term span = algebra.mul(access.count(), algebra.constant(64, access.bytes()));
    Term foreign = algebra.constant(true);
    Term starts = algebra.constant(false);
    for (Mapping mapping : inquiry.walk().space().mappings()) {
      Term offset = algebra.sub(from, algebra.constant(64, mapping.la().value()));
      Term size = algebra.constant(64, mapping.size());
      if (mapping.role() == Role.SOURCE_WINDOW || mapping.role() == Role.CONSTANT) {
        Term most = algebra.constant(64, mapping.size() / access.bytes());
        Term inside =
            algebra.and(
                algebra.ult(offset, size),
                algebra.and(
                    algebra.not(algebra.ult(most, access.count())),
                    algebra.not(algebra.ult(algebra.sub(size, offset), span))));
        foreign = algebra.and(foreign, algebra.not(inside));
      } else if (mapping.role() == Role.DESTINATION_WINDOW) {
        starts = algebra.or(starts, algebra.ult(offset, size));
      }
    }
    switch (inquiry
        .walk()
        .desk()
        .ask(query("does a copy take protected memory", occurs, foreign))) {
      case Answer.Unsat none -> judge(access, what, secrecy.of(occurs, from));
      case Answer.Unknown unknown ->
          judge(access, what, new Secrecy.Verdict.Undecided(unknown.reason()));
      case Answer.Sat sat -> {
        said.add(access.state().la() + what);
        Answer clear = sat;
        for (long most : new long[] {1, 64, 4096}) {
          Term few = algebra.not(algebra.ult(algebra.constant(64, most), access.count()));
          Answer answer =
              inquiry
                  .walk()
                  .desk()
                  .ask(query("a copy of few bytes", occurs, algebra.and(few, starts)));
          if (answer instanceof Answer.Sat) {
            clear = answer;
            break;
          }
        }
        Model model = ((Answer.Sat) clear).model();
        long at = model.evaluate(from).low();
        inquiry.refute(
            access.state(),
            what,
            "disclose",
            inquiry.walk().disclosed(model, model, List.of(at)),
            DISCHARGES);
      }
    }
  }

  private static Query query(String title, List<Term> conditions, Term more) {
    List<Term> all = new ArrayList<>(conditions);
    all.add(more);
    return new Query(title, all);
  }
}

package dev.postern.verifier.rule;

import dev.postern.model.Frames;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.LockStatement;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.gate.GateWalk;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.List;
import java.util.Optional;

/** Every access behind a gate lies whole within one declared mapping that permits it. */
final class AccessesInWindows extends WalkRule {

  @Override
  public RuleId id() {
    return RuleId.ACCESSES_IN_WINDOWS;
  }

  @Override
  public String statement() {
    return "every load and store behind a gate lies, from its first byte to its last and without "
        + "wrapping, in a window that permits it or in the private page it is meant for, whatever the "
        + "caller's registers hold and whatever each load from a window returns: a field that is "
        + "loaded twice counts as two values; a destination's page is in no view but protected ones";
  }

  @Override
  public String attack() {
    return "put an address and a length into a descriptor whose sum wraps past 2^64, or change the "
        + "length between its check and its use: the copy goes where the guest likes";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K15", "O-36");
  }

  @Override
  String holds(GateWalk walk) {
    long accesses = walk.events().stream().filter(Event.Access.class::isInstance).count();
    return accesses + " accesses behind gate " + walk.gate().name() + " stay in their windows";
  }

  /** Mediation is of pages: one that the default view maps too is touched by any code there. */
  @Override
  List<Finding> before(Verification verification, View view) {
    Verification.Stopwatch watch = verification.stopwatch();
    for (View home : verification.defaultView(view.vm()).stream().toList()) {
      for (Mapping window : view.mappings()) {
        if (window.role() != Role.DESTINATION_WINDOW) {
          continue;
        }
        for (Mapping other : home.mappings()) {
          if (!mayMeet(window, other)) {
            continue;
          }
          LockStatement fact =
              new LockStatement.ReachedWithoutGate(
                  view.name(), window.name(), home.name(), other.name());
          if (fact.read(verification.policy()).isPresent()) {
            String what =
                window.name()
                    + " is mapped in the default view too, where no gate stands before it";
            return List.of(
                new Obligation(
                        id(), List.of("O-20"), view.name(), window.name(), Optional.of(other.at()))
                    .refuted(
                        what,
                        Replay.statement(verification.policy(), what, fact),
                        watch.by("enumeration")));
          }
        }
      }
    }
    return List.of();
  }

  private static boolean mayMeet(Mapping window, Mapping other) {
    boolean host =
        window.frames().owner() instanceof Frames.Owner.Host
            || other.frames().owner() instanceof Frames.Owner.Host;
    return host || window.frames().owner().equals(other.frames().owner());
  }

  @Override
  void inspect(Inquiry inquiry) {
    for (Event event : inquiry.walk().events()) {
      switch (event) {
        case Event.Access access -> {
          if (access.known().isEmpty()) {
            contained(inquiry, access);
          }
        }
        case Event.Faults fault ->
            inquiry.never(
                fault.state(),
                inquiry.algebra().constant(true),
                verb(fault.write())
                    + "0x"
                    + Long.toHexString(fault.la())
                    + ", where the view has nothing that permits it",
                "stray",
                "O-63");
        case Event.AccessAnywhere access ->
            inquiry.undecided(
                access.state(), "an access is not confined", "the lock is open", "O-20");
        case Event.Indirect e -> {}
        case Event.Transfers e -> {}
        case Event.Raises e -> {}
        case Event.Approximated e -> {}
        case Event.Exits e -> {}
        case Event.Predicted e -> {}
        case Event.Trapped e -> {}
        case Event.Vmfunc e -> {}
        case Event.Reached e -> {}
        case Event.LeavesCode e -> {}
        case Event.LeavesPage e -> {}
        case Event.Unmodelled e -> {}
        case Event.Reserved e -> {}
      }
    }
  }

  /**
   * An access at a computed address is proved if it stays within the windows, or within one single
   * private or constant mapping: an address that may be now a window's and now private state is
   * nobody's intention. Repeated accesses count upwards here; that they do is entry-state's.
   */
  private static void contained(Inquiry inquiry, Event.Access access) {
    String what = verb(access.write()) + "memory outside its windows";
    if (inquiry.said(access.state(), what)) {
      return; // of another round
    }
    TermAlgebra algebra = inquiry.algebra();
    List<Mapping> reachable = inquiry.walk().space().reachable(access.write());
    Term upwards =
        algebra.and(
            algebra.not(access.descending()),
            algebra.not(algebra.eq(access.count(), algebra.constant(64, 0))));
    Term inWindows = algebra.constant(false);
    Term starts = algebra.constant(false);
    for (Mapping mapping : reachable) {
      starts = algebra.or(starts, startsIn(algebra, access, mapping));
      if (isWindow(mapping)) {
        inWindows = algebra.or(inWindows, inside(algebra, access, mapping));
      }
    }
    Term escapes = algebra.and(upwards, algebra.not(inWindows));
    if (excluded(inquiry, access, "its windows", escapes)) {
      return;
    }
    for (Mapping mapping : reachable) {
      Term leaves = algebra.and(upwards, algebra.not(inside(algebra, access, mapping)));
      if (!isWindow(mapping) && excluded(inquiry, access, mapping.name(), leaves)) {
        return;
      }
    }
    Term refused = algebra.and(escapes, algebra.not(starts));
    Term soon = algebra.and(escapes, startsNearAnEnd(algebra, access, reachable));
    Term shown = escapes;
    // The clearest witness there is: any of them refutes, and a run of few elements shows it.
    if (!excluded(inquiry, access, "everything that permits it", refused)) {
      shown = refused;
    } else if (!excluded(inquiry, access, "its window from the last page on", soon)) {
      shown = soon;
    }
    inquiry.never(access.state(), shown, what, "stray", "O-20", "O-63", "O-64");
  }

  private static boolean excluded(Inquiry inquiry, Event.Access access, String what, Term leaves) {
    return inquiry
            .walk()
            .desk()
            .ask("may the access leave " + what, access.state().condition(), leaves)
        instanceof Answer.Unsat;
  }

  private static boolean isWindow(Mapping mapping) {
    return mapping.role() == Role.SOURCE_WINDOW || mapping.role() == Role.DESTINATION_WINDOW;
  }

  private static Term startsIn(TermAlgebra algebra, Event.Access access, Mapping mapping) {
    return algebra.ult(
        algebra.sub(access.address(), algebra.constant(64, mapping.la().value())),
        algebra.constant(64, mapping.size()));
  }

  /** Whether the access starts in the last page of a mapping. */
  private static Term startsNearAnEnd(
      TermAlgebra algebra, Event.Access access, List<Mapping> mappings) {
    Term near = algebra.constant(false);
    for (Mapping mapping : mappings) {
      long last = mapping.la().value() + mapping.size() - PageSize.SMALL.bytes();
      near =
          algebra.or(
              near,
              algebra.ult(
                  algebra.sub(access.address(), algebra.constant(64, last)),
                  algebra.constant(64, PageSize.SMALL.bytes())));
    }
    return near;
  }

  /** From its first byte to its last, without wrapping: count * bytes fits what is left of it. */
  private static Term inside(TermAlgebra algebra, Event.Access access, Mapping mapping) {
    Term size = algebra.constant(64, mapping.size());
    Term offset = algebra.sub(access.address(), algebra.constant(64, mapping.la().value()));
    Term span = algebra.mul(access.count(), algebra.constant(64, access.bytes()));
    Term few =
        algebra.not(
            algebra.ult(algebra.constant(64, mapping.size() / access.bytes()), access.count()));
    return algebra.and(
        algebra.and(algebra.ult(offset, size), few),
        algebra.not(algebra.ult(algebra.sub(size, offset), span)));
  }

  private static String verb(boolean write) {
    return write ? "writes " : "reads ";
  }
}

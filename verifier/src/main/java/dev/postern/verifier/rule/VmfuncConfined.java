package dev.postern.verifier.rule;

import dev.postern.model.Bytes;
import dev.postern.model.Gate;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.LockStatement;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.gate.Sites;
import dev.postern.x86.Gpr;
import dev.postern.x86.VmfuncScanner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * VMFUNC stands at the declared sites and nowhere else, at no byte offset and across no page edge.
 */
final class VmfuncConfined implements Rule {

  private static final long PAGE = PageSize.SMALL.bytes();

  @Override
  public RuleId id() {
    return RuleId.VMFUNC_CONFINED;
  }

  @Override
  public String statement() {
    return "in every view, code runs from trampolines and protected code only; their pages hold "
        + "VMFUNC's bytes at the gates' declared sites and nowhere else, at any offset, in either "
        + "encoding, and no two pages can be put side by side to make another";
  }

  @Override
  public String attack() {
    return "an immediate or displacement that contains 0f 01 d4 (or, on APX, d5 80 01 d4) is a "
        + "VMFUNC to whoever jumps into the middle of the instruction; so is one whose bytes end "
        + "one page and begin another";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K1", "K6", "O-40");
  }

  @Override
  public List<Finding> check(Verification verification) {
    Map<String, Set<Long>> declared = new HashMap<>();
    Map<String, Edges> edges = new HashMap<>();
    for (View view : verification.policy().views()) {
      edges.put(view.name(), Edges.of(view));
      declared.computeIfAbsent(
          view.vm(), name -> declaredEnds(verification.policy(), verification.vm(view)));
    }
    return verification.eachFinding(
        verification.mediatedViews(),
        view ->
            List.of(
                roles(verification, view),
                sites(verification, view, declared.getOrDefault(view.vm(), Set.of())),
                edges(verification, view, edges)));
  }

  private Obligation obligation(View view, String subject, String... discharges) {
    return new Obligation(id(), List.of(discharges), view.name(), subject, Optional.of(view.at()));
  }

  /** O-01: executable pages are T and Cd; what is executable in the default view too is T. */
  private Finding roles(Verification verification, View view) {
    Verification.Stopwatch watch = verification.stopwatch();
    Obligation obligation = obligation(view, "executable pages", "O-01");
    Optional<View> home = verification.defaultView(view.vm());
    int count = 0;
    for (Mapping mapping : view.mappings()) {
      if (!executable(mapping)) {
        continue;
      }
      count++;
      boolean code = mapping.role() == Role.TRAMPOLINE || mapping.role() == Role.CODE;
      Optional<Mapping> atHome =
          home.stream()
              .flatMap(v -> v.mappings().stream())
              .filter(m -> executable(m) && overlaps(m, mapping) && m.role() != Role.TRAMPOLINE)
              .findFirst();
      boolean entersBoth = code && atHome.isPresent();
      if ((!code && !isWindow(mapping)) || entersBoth) {
        String what =
            mapping.name()
                + (code
                    ? " is executable in the default view too, and is not a trampoline there"
                    : " is executable in view " + view.name() + " and is not signed code");
        LockStatement fact =
            code
                ? new LockStatement.Executable(
                    home.orElseThrow().name(), atHome.orElseThrow().name())
                : new LockStatement.Executable(view.name(), mapping.name());
        return obligation
            .at(mapping.at())
            .refuted(what, Replay.statement(verification.policy(), what, fact), by(watch));
      }
    }
    verification.covers(id(), "executable mappings of " + view.name(), count);
    return obligation.proved(count + " executable mappings, all signed code", by(watch));
  }

  /** An executable window is the flaw of windows-not-executable, which speaks of it. */
  private static boolean isWindow(Mapping mapping) {
    return mapping.role() == Role.SOURCE_WINDOW
        || mapping.role() == Role.DESTINATION_WINDOW
        || mapping.role() == Role.PRIVATE;
  }

  private static boolean overlaps(Mapping a, Mapping b) {
    return Long.compareUnsigned(a.gpa().value(), b.gpa().value() + b.size() - 1) <= 0
        && Long.compareUnsigned(b.gpa().value(), a.gpa().value() + a.size() - 1) <= 0;
  }

  private static boolean executable(Mapping mapping) {
    return mapping.leaf().execute() || mapping.leaf().userExecute();
  }

  /**
   * O-06, O-08, O-09: the bytes at every offset; a prefix before an encoding makes no difference.
   */
  private Finding sites(Verification verification, View view, Set<Long> declared) {
    Verification.Stopwatch watch = verification.stopwatch();
    Policy policy = verification.policy();
    Vm vm = verification.vm(view);
    boolean noApx = policy.rex2Excluded(vm);
    int found = 0;
    int ignored = 0;
    for (Sites.Site site : Sites.of(view)) {
      boolean rex2 = site.length() == 4;
      boolean own =
          !rex2 && site.mapping().role() == Role.TRAMPOLINE && declared.contains(site.end());
      if (rex2 && noApx) {
        ignored++;
      } else if (!own) {
        String what =
            (rex2 ? "the REX2 form of VMFUNC" : "VMFUNC")
                + " stands at "
                + site.subject()
                + ", which no gate declares";
        Obligation obligation =
            obligation(view, site.subject(), rex2 ? "O-09" : "O-06").at(site.mapping().at());
        return hidden(verification, site, what)
            .map(attack -> obligation.refuted(what, attack, by(watch)))
            .orElseGet(() -> obligation.unknown(what, "no run of it switches a view", by(watch)));
      }
      found++;
    }
    verification.covers(id(), "sites of " + view.name(), found);
    String note =
        ignored == 0
            ? ""
            : "; "
                + ignored
                + " of them in the REX2 form, which this platform cannot execute"
                + " (no APX, XCR0[19] pinned to 0)";
    return obligation(view, "sites", "O-06", "O-08", "O-09")
        .proved(found + " encodings of VMFUNC, each at a declared site" + note, by(watch));
  }

  private static Set<Long> declaredEnds(Policy policy, Vm vm) {
    Set<Long> ends = new HashSet<>();
    for (Gate gate : policy.gates()) {
      if (policy.view(gate.to()).map(v -> v.vm().equals(vm.name())).orElse(false)) {
        ends.add(gate.entered().value());
        ends.add(gate.left().value());
      }
    }
    return ends;
  }

  /**
   * Executes the hidden encoding: from the default view where it is executable there, else in
   * place.
   */
  private static Optional<Counterexample> hidden(
      Verification verification, Sites.Site site, String what) {
    Policy policy = verification.policy();
    for (View from : policy.viewsOf(site.view().vm())) {
      for (View to : policy.viewsOf(site.view().vm())) {
        Scenario scenario =
            Scenario.at(from.vm(), from.index(), site.la(), Map.of(Gpr.RCX, (long) to.index()));
        Counterexample untried = scenario.asCounterexample(what, List.of()).showing("switch");
        if (to.index() != from.index() && verification.replayer().possible(scenario)) {
          Replayer.Replay replay = verification.replayer().replay(untried);
          if (replay.confirmed()) {
            return Optional.of(untried.withTrace(replay.trace()));
          }
        }
      }
    }
    return Optional.empty();
  }

  /**
   * O-07: the attacker chooses which pages stand side by side in linear memory, so every tail is
   * tried against every head of the same view: this one, and those from which it can be entered
   * without being asked for themselves. In the default view the other page may be the attacker's
   * own, with any bytes.
   */
  private Finding edges(Verification verification, View view, Map<String, Edges> known) {
    Verification.Stopwatch watch = verification.stopwatch();
    long pairs = 0;
    for (View each : verification.policy().viewsOf(view.vm())) {
      if (!each.name().equals(view.name())
          && !each.isDefault()
          && each.mediationNotClaimed().isEmpty()) {
        continue; // asked of that view itself
      }
      Edges edges = Optional.ofNullable(known.get(each.name())).orElseThrow();
      pairs += (long) edges.number() * edges.number();
      if (edges.crossing().isPresent()) {
        Crossing of = edges.crossing().get();
        return straddles(
            verification,
            view,
            of.tail(),
            fact(each, Optional.of(of.tail()), Optional.of(of.head())),
            watch);
      }
    }
    View home = verification.defaultView(view.vm()).orElse(view);
    Optional<Edge> open =
        scanned(verification, view)
            ? Optional.empty()
            : Optional.ofNullable(known.get(home.name())).orElseThrow().open();
    if (open.isPresent()) {
      Edge edge = open.get();
      boolean begins = edge.begins();
      LockStatement.PageEdge fact =
          fact(home, begins ? open : Optional.empty(), begins ? Optional.empty() : open);
      return straddles(verification, view, edge, fact, watch);
    }
    verification.covers(id(), "page edges of " + view.name(), pairs);
    return obligation(view, "page edges", "O-07")
        .proved(pairs + " pairs of page edges, none makes a VMFUNC", by(watch));
  }

  private static LockStatement.PageEdge fact(View view, Optional<Edge> tail, Optional<Edge> head) {
    return new LockStatement.PageEdge(
        view.name(),
        tail.map(e -> e.mapping.name()).orElse(""),
        tail.map(e -> e.page).orElse(0L),
        head.map(e -> e.mapping.name()).orElse(""),
        head.map(e -> e.page).orElse(0L));
  }

  /** Under SCAN the default view's other pages are free of VMFUNC's bytes, edges included. */
  private static boolean scanned(Verification verification, View view) {
    return verification.vm(view).lock().has(Lock.Kind.SCAN);
  }

  private Finding straddles(
      Verification verification,
      View view,
      Edge edge,
      LockStatement.PageEdge fact,
      Verification.Stopwatch watch) {
    String what = fact + " makes a VMFUNC; the guest's page tables may put them side by side";
    return obligation(view, edge.subject(), "O-07")
        .at(edge.mapping.at())
        .refuted(what, Replay.statement(verification.policy(), what, fact), by(watch));
  }

  /** The last and first three bytes of one page. */
  private record Edge(Mapping mapping, long page, Bytes head, Bytes tail) {
    String subject() {
      return mapping.name() + "+0x" + Long.toHexString(page);
    }

    /** Whether a VMFUNC may begin in the page's last bytes. */
    boolean begins() {
      return VmfuncScanner.mayBegin(tail.toArray());
    }
  }

  /** The last bytes of one page and the first of another that make a VMFUNC. */
  private record Crossing(Edge tail, Edge head) {}

  /**
   * The page edges of one view, looked at once, however many views it can be entered beside.
   *
   * @param crossing the first two that make a VMFUNC
   * @param open the first that makes one with a page of the attacker's
   */
  private record Edges(int number, Optional<Crossing> crossing, Optional<Edge> open) {

    static Edges of(View view) {
      List<Edge> all = edgesOf(view);
      List<Edge> tails = all.stream().filter(Edge::begins).toList();
      Optional<Crossing> crossing =
          tails.stream()
              .flatMap(tail ->
                  all.stream()
                      .filter(head ->
                          !VmfuncScanner.crossing(tail.tail.toArray(), head.head.toArray())
                              .isEmpty())
                      .map(head -> new Crossing(tail, head)))
              .findFirst();
      Optional<Edge> open =
          all.stream()
              .filter(edge -> edge.begins() || VmfuncScanner.mayEnd(edge.head.toArray()))
              .findFirst();
      return new Edges(all.size(), crossing, open);
    }
  }

  private static List<Edge> edgesOf(View view) {
    List<Edge> edges = new ArrayList<>();
    for (Mapping mapping : view.mappings()) {
      if (executable(mapping) && mapping.image().isPresent()) {
        Bytes bytes = mapping.image().get().bytes();
        for (int page = 0; page < mapping.size(); page += (int) PAGE) {
          int end = page + (int) PAGE;
          edges.add(
              new Edge(mapping, page, bytes.slice(page, page + 3), bytes.slice(end - 3, end)));
        }
      }
    }
    return edges;
  }

  private static Evidence by(Verification.Stopwatch watch) {
    return watch.by("enumeration");
  }
}

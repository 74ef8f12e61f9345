package dev.postern.verifier.gate;

import dev.postern.model.CodeImage;
import dev.postern.model.Gate;
import dev.postern.model.Location;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.machine.AddressSpace;
import dev.postern.verifier.machine.Event;
import dev.postern.verifier.machine.Explorer;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.machine.Watcher;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Term;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What protected code does from the point where a gate is passed, on every path, until it leaves
 * the view or stops. Belongs to one thread at a time, as its desk does.
 */
public final class GateWalk {

  private final Policy policy;
  private final Gate gate;
  private final Landing landing;
  private final State start;
  private final Desk desk;
  private final AddressSpace space;
  private final Explorer explorer;
  private final List<Event> events = new ArrayList<>();
  private final Known known;
  private final List<Query> restsOn;
  private final Supplier<Optional<Scenario>> rehearsal;
  private Optional<Scenario> tooLong = Optional.empty();
  private boolean rehearsed;
  private Optional<String> cut = Optional.empty();

  /**
   * @param rehearsal finds a call that is longer than the gate allows; made if a loop is
   */
  GateWalk(
      Policy policy,
      Landing landing,
      LandingResult.Passing passing,
      AddressSpace space,
      Supplier<Optional<Scenario>> rehearsal) {
    this.rehearsal = rehearsal;
    this.policy = policy;
    this.gate = passing.gate();
    this.landing = landing;
    this.start = passing.state();
    this.desk = passing.desk();
    this.space = space;
    this.known = new Known(landed());
    this.explorer =
        new Explorer(
            desk.algebra(),
            desk.names(),
            space,
            desk,
            Set.of(),
            // A longer path refutes its bound; what it does further on decides nothing.
            Explorer.Limits.DEFAULT.paths(gate.maxInstructions()).withInvariants(),
            new Watcher() {
              @Override
              public Next on(Event event) {
                return record(event);
              }

              @Override
              public void at(State state) {
                known.at(state);
              }
            });
    int mark = desk.restsOn().size();
    explorer.declaring(gate.invariants()).unless(this::isShownTooLong).explore(start);
    this.restsOn = List.copyOf(desk.restsOn().subList(mark, desk.restsOn().size()));
  }

  /**
   * Values and registers behind a gate are asked about. What is not exact lets nothing be proved;
   * what comes behind it may be refuted all the same, by a run.
   */
  private Watcher.Next record(Event event) {
    if (event instanceof Event.Approximated approximated) {
      events.add(new Event.Unmodelled(approximated.state(), approximated.what()));
      return Watcher.Next.GO_ON;
    }
    events.add(event);
    if (event instanceof Event.Reserved reserved) {
      events.add(new Event.Unmodelled(reserved.state(), "reserved by the SDM: " + reserved.what()));
      return Watcher.Next.END_PATH;
    }
    return Watcher.Next.GO_ON;
  }

  private boolean isShownTooLong() {
    if (!rehearsed) {
      rehearsed = true;
      tooLong = rehearsal.get();
    }
    return tooLong.isPresent();
  }

  /** A call longer than the gate allows, where following the code came upon a loop like that. */
  public Optional<Scenario> tooLong() {
    return tooLong;
  }

  /** What is known of the registers at each instruction. */
  public Known known() {
    return known;
  }

  /** What following the code rests on: which paths are not taken, what stores may reach. */
  public List<Query> restsOn() {
    return restsOn;
  }

  public Gate gate() {
    return gate;
  }

  public View view() {
    return landing.view();
  }

  /** The state in which the gate is passed. */
  public State start() {
    return start;
  }

  /** The state at the gate's landing: the caller's registers as they were. */
  public State landed() {
    return State.landing(desk.algebra(), Mode.BITS64, landing.la(), landing.index());
  }

  public Desk desk() {
    return desk;
  }

  public AddressSpace space() {
    return space;
  }

  /** In an order in which every event comes after those that lead to it. */
  public List<Event> events() {
    return events;
  }

  /**
   * How the view is left: an event for each VMFUNC, with all paths that reach it merged. What a
   * register shows is a question about all of them at once: two paths that each leave a constant in
   * it tell which was taken.
   */
  public List<Event.Vmfunc> exits() {
    Map<Long, List<Event.Vmfunc>> bySite = new LinkedHashMap<>();
    for (Event event : events) {
      if (event instanceof Event.Vmfunc vmfunc) {
        bySite.computeIfAbsent(vmfunc.end(), end -> new ArrayList<>()).add(vmfunc);
      }
    }
    return bySite.entrySet().stream()
        .map(site ->
            new Event.Vmfunc(
                explorer.joined(site.getValue().stream().map(Event.Vmfunc::state).toList()),
                site.getKey()))
        .toList();
  }

  /** Instructions of the longest path; a repeated one counts once, its elements are none. */
  public long longest() {
    return events.stream().mapToLong(event -> event.state().instructions() + 1).max().orElse(0);
  }

  /** What an undefined value may depend on. */
  public List<Term> inputsOf(Term variable) {
    return explorer.inputsOf(variable);
  }

  /** "code+0x1f", for an event's instruction. */
  public String subject(State state) {
    return space
        .at(state.la())
        .map(m -> m.name() + "+0x" + Long.toHexString(state.la() - m.la().value()))
        .orElse("0x" + Long.toHexString(state.la()));
  }

  /** Where the event's instruction was written, if the code says. */
  public Optional<Location> location(State state) {
    Optional<Mapping> mapping = space.at(state.la());
    return mapping
        .flatMap(Mapping::image)
        .flatMap(image -> {
          long offset = state.la() - mapping.get().la().value();
          Optional<Location> at = Optional.empty();
          for (CodeImage.Line line : image.lines()) {
            at =
                line.offset() <= offset
                    ? Optional.of(line.location()).filter(l -> l.line() > 0)
                    : at;
          }
          return at;
        });
  }

  /** The first path that was cut, if it can be taken: then nothing about the walk is proved. */
  public Optional<String> cut() {
    if (cut.isPresent()) {
      return cut; // what is proved has its own evidence that none is; what is not needs none
    }
    for (Event event : events) {
      if (event instanceof Event.Unmodelled unmodelled
          && !desk.neverTaken("can the cut path be taken", unmodelled.state().condition())) {
        cut = Optional.of(unmodelled.what() + " at " + subject(unmodelled.state()));
        return cut;
      }
    }
    return Optional.empty();
  }

  /** The run that {@code model} describes, from the gate's VMFUNC in the default view on. */
  public Scenario scenario(Model model) {
    return new Attack(policy, landing, Mode.BITS64, desk.algebra(), model)
        .fetching(telling(fetches(model), fetches(model)))
        .holding(privateMemory(model))
        .scenario();
  }

  /** Two runs from the same start, whose protected memory differs as the models do. */
  public Scenario twice(Model one, Model other) {
    List<Counterexample.Content> first = fetches(one);
    List<Counterexample.Content> second = fetches(other);
    List<Counterexample.Content> fetched = halves(telling(first, second), telling(second, first));
    List<Counterexample.Content> held = halves(privateMemory(one), privateMemory(other));
    return new Attack(policy, landing, Mode.BITS64, desk.algebra(), one)
        .fetching(fetched)
        .holding(held)
        .scenario();
  }

  /**
   * Two runs from the same start and the same memory of the source's, whose protected memory
   * differs as the models do, and at {@code differing} linear addresses besides.
   */
  public Scenario disclosed(Model one, Model other, List<Long> differing) {
    List<Counterexample.Content> first = fetches(one);
    List<Counterexample.Content> second = fetches(other);
    List<Counterexample.Content> fetched = new ArrayList<>(telling(first, second));
    List<Counterexample.Content> others = telling(second, first);
    int size = Math.max(fetched.size(), others.size());
    blank(fetched, size);
    fetched.addAll(others);
    blank(fetched, 2 * size);
    List<Counterexample.Content> held = new ArrayList<>(privateMemory(one));
    List<Counterexample.Content> otherwise = new ArrayList<>(privateMemory(other));
    for (long la : differing) {
      space
          .at(la)
          .ifPresent(m -> {
            String gpa = "0x" + Long.toHexString(la - m.la().value() + m.gpa().value());
            held.add(new Counterexample.Content(landing.index(), gpa, "00"));
            otherwise.add(new Counterexample.Content(landing.index(), gpa, "ff"));
          });
    }
    return new Attack(policy, landing, Mode.BITS64, desk.algebra(), one)
        .fetching(fetched)
        .holding(halves(held, otherwise))
        .scenario();
  }

  /** Answers that no load asks for, up to {@code size}. */
  private void blank(List<Counterexample.Content> answers, int size) {
    while (answers.size() < size) {
      answers.add(new Counterexample.Content(landing.index(), "0x0", ""));
    }
  }

  /** Answers but those that are zero, as memory is anyway, wherever neither list says otherwise. */
  private static List<Counterexample.Content> telling(
      List<Counterexample.Content> answers, List<Counterexample.Content> others) {
    Set<String> told =
        Stream.concat(answers.stream(), others.stream())
            .filter(answer -> answer.bytes().chars().anyMatch(digit -> digit != '0'))
            .map(Counterexample.Content::gpa)
            .collect(Collectors.toSet());
    return answers.stream().filter(answer -> told.contains(answer.gpa())).toList();
  }

  /** Both lists, the shorter padded with repeats of its last entry or harmless rewrites. */
  private static List<Counterexample.Content> halves(
      List<Counterexample.Content> one, List<Counterexample.Content> other) {
    List<Counterexample.Content> both = new ArrayList<>(one);
    int size = Math.max(one.size(), other.size());
    pad(both, one, other, size);
    List<Counterexample.Content> second = new ArrayList<>(other);
    pad(second, other, one, size);
    both.addAll(second);
    return both;
  }

  private static void pad(
      List<Counterexample.Content> into,
      List<Counterexample.Content> own,
      List<Counterexample.Content> longer,
      int size) {
    for (int i = own.size(); i < size; i++) {
      into.add(longer.get(i));
    }
  }

  /** What the loads on the model's path return, in their order. */
  private List<Counterexample.Content> fetches(Model model) {
    List<Counterexample.Content> answers = new ArrayList<>();
    for (Event event : events) {
      if (event instanceof Event.Access access
          && !access.write()
          && access.loaded().isPresent()
          && taken(access.state(), model)) {
        long la = model.evaluate(access.address()).low();
        Optional<Mapping> mapping = space.at(la);
        boolean window =
            mapping
                .map(m -> m.role() == Role.SOURCE_WINDOW || m.role() == Role.DESTINATION_WINDOW)
                .orElse(false);
        if (window) {
          long gpa = la - mapping.get().la().value() + mapping.get().gpa().value();
          answers.add(content(gpa, model, access.loaded().get(), access.bytes()));
        }
      }
    }
    return answers;
  }

  /** Private memory as the model has it before the call. */
  private List<Counterexample.Content> privateMemory(Model model) {
    List<Counterexample.Content> contents = new ArrayList<>();
    for (Term.Variable variable : model.values().keySet()) {
      String[] parts = variable.name().split("\\.", -1);
      boolean twin = variable.name().endsWith("'");
      if (!twin && parts.length == 4 && parts[0].equals("private") && parts[1].equals("0")) {
        long la = Long.parseUnsignedLong(parts[2], 16);
        space
            .at(la)
            .ifPresent(m ->
                contents.add(
                    content(
                        la - m.la().value() + m.gpa().value(),
                        model,
                        variable,
                        variable.width() / 8)));
      }
    }
    return contents;
  }

  private Counterexample.Content content(long gpa, Model model, Term value, int bytes) {
    dev.postern.x86.Bits bits = model.evaluate(value);
    byte[] little = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      long word = i < 8 ? bits.low() : bits.high();
      little[i] = (byte) (word >>> (8 * (i % 8)));
    }
    return new Counterexample.Content(
        landing.index(), "0x" + Long.toHexString(gpa), java.util.HexFormat.of().formatHex(little));
  }

  private static boolean taken(State state, Model model) {
    return state.condition().conjuncts().stream().allMatch(c -> model.evaluate(c).isTrue());
  }
}

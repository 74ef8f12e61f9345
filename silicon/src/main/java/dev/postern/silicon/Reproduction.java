package dev.postern.silicon;

import dev.postern.model.Frames;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.concrete.Stop;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Counterexamples on the emulated processor.
 *
 * <p>An execution succeeds if the processor does, instruction by instruction, what the concrete
 * machine does, up to and including what decides: the same view, address and registers after each,
 * and the same end. An access through a view succeeds if an instruction that makes it, put where
 * the view executes, is not refused. Facts of the policy are not executed; what the emulator does
 * not have is said.
 */
public final class Reproduction {

  /** What became of a counterexample. */
  public sealed interface Result {

    /** It ran; {@code succeeded} says whether the attack does what it claims. */
    record Executed(boolean succeeded, String text) implements Result {}

    /** It cannot run there. */
    record NotExecuted(String reason) implements Result {}

    /** It is no run: it quotes the policy. */
    record Fact() implements Result {}
  }

  /** More than a string instruction needs to run out of two pages. */
  private static final int LIMIT = 9000;

  private static final long CODE = 0x10_0000;
  private static final long DATA = 0x20_0000;

  /** What is to be run of one counterexample, and how it is judged; or why nothing is. */
  private sealed interface Plan {
    record Settled(Result result) implements Plan {}

    record Executions(String shows, List<Scenario> starts, List<Enactment> enactments)
        implements Plan {}

    record Probe(Scenario start, AccessPoint at) implements Plan {}
  }

  /** One access: in {@code view}, {@code kind} (r, w, x) at {@code gpa}. */
  private record AccessPoint(String vm, int view, long gpa, String kind) {}

  private final Policy policy;
  private final Set<Frames> behind = new HashSet<>();

  private Reproduction(Policy policy) {
    this.policy = policy;
  }

  /**
   * Runs all of them, in their order.
   *
   * @throws SiliconException if a trial was not executed, or the policy cannot be installed
   */
  public static List<Result> of(Policy policy, List<Counterexample> counterexamples)
      throws SiliconException, IOException, InterruptedException {
    return new Reproduction(policy).run(counterexamples);
  }

  private List<Result> run(List<Counterexample> counterexamples)
      throws SiliconException, IOException, InterruptedException {
    List<Plan> plans = new ArrayList<>();
    for (Counterexample counterexample : counterexamples) {
      plans.add(plan(counterexample));
    }
    if (plans.stream().allMatch(Plan.Settled.class::isInstance)) {
      return plans.stream().map(plan -> ((Plan.Settled) plan).result()).toList();
    }
    Host host = Host.of(policy, Stage.of(policy), List.copyOf(behind));
    List<Trial> trials = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      try {
        trials.addAll(trials(host, plans.get(i), i));
      } catch (SiliconException e) {
        plans.set(i, new Plan.Settled(new Result.NotExecuted(e.reason())));
      }
    }
    Map<String, Outcome> outcomes = new HashMap<>();
    Emulator.run(host, trials).forEach(outcome -> outcomes.put(outcome.name(), outcome));
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      int number = i;
      List<Trial> own =
          trials.stream().filter(trial -> trial.name().startsWith(number + "-")).toList();
      results.add(
          switch (plans.get(i)) {
            case Plan.Settled(Result result) -> result;
            case Plan.Probe probe -> probed(probe.at(), outcome(outcomes, own.getFirst()));
            case Plan.Executions executions ->
                executed(
                    host,
                    executions,
                    own,
                    own.stream().map(trial -> outcome(outcomes, trial)).toList());
          });
    }
    return results;
  }

  private static Outcome outcome(Map<String, Outcome> outcomes, Trial trial) {
    Outcome outcome = outcomes.get(trial.name());
    if (outcome == null) {
      throw new IllegalStateException(trial.name() + " has no outcome");
    }
    return outcome;
  }

  private Plan plan(Counterexample counterexample) {
    return switch (counterexample.kind()) {
      case STATEMENT -> new Plan.Settled(new Result.Fact());
      case ACCESS -> access(counterexample);
      case EXECUTION -> execution(counterexample);
    };
  }

  private static Plan notExecuted(String reason) {
    return new Plan.Settled(new Result.NotExecuted(reason));
  }

  private Plan access(Counterexample counterexample) {
    Optional<Access.InView> access =
        Access.parse(counterexample.start())
            .filter(Access.InView.class::isInstance)
            .map(Access.InView.class::cast);
    if (access.isEmpty()) {
      return notExecuted("the access is not made by a processor of a source in one of its views");
    }
    String vm = access.get().vm();
    AccessPoint at =
        new AccessPoint(
            vm,
            access.get().view(),
            access.get().gpa().value(),
            access.get().kind().name().toLowerCase(Locale.ROOT));
    Enactment.frames(policy, vm, at.view(), at.gpa()).ifPresent(behind::add);
    if (at.kind().equals("x")) {
      if (mapping(vm, at.view(), at.gpa())
          .filter(mapping -> mapping.leaf().userExecute() && !mapping.leaf().execute())
          .isPresent()) {
        return notExecuted("it needs mode-based execute control, which the emulator lacks");
      }
      long la = DATA + (at.gpa() & 4095);
      return new Plan.Probe(Scenario.at(vm, at.view(), la, Map.of()), at);
    }
    Optional<Mapping> code = code(vm, at.view());
    if (code.isEmpty()) {
      return notExecuted(
          "view " + at.view() + " executes nothing, so no instruction can be put there");
    }
    Enactment.frames(policy, vm, at.view(), code.get().gpa().value()).ifPresent(behind::add);
    return new Plan.Probe(Scenario.at(vm, at.view(), CODE, Map.of()), at);
  }

  private Optional<Mapping> code(String vm, int view) {
    return policy.viewsOf(vm).stream()
        .filter(v -> v.index() == view)
        .flatMap(v -> v.mappings().stream())
        .filter(mapping -> mapping.leaf().execute() && mapping.leaf().read())
        .findFirst();
  }

  private Plan execution(Counterexample counterexample) {
    Scenario start = Scenario.of(counterexample);
    String shows = counterexample.start().getOrDefault("shows", "violation");
    if (shows.equals("unfenced") || shows.equals("predicted")) {
      return notExecuted("it is about speculation, and the emulator does not speculate");
    }
    boolean extended =
        start.mode() == Mode.BITS64
            && counterexample.trace().stream().anyMatch(step -> step.bytes().startsWith("d5"));
    if (extended) {
      return notExecuted("it uses REX2 (APX), which the emulated processor lacks");
    }
    Optional<String> lacking = lacking(start);
    if (lacking.isPresent()) {
      return notExecuted(lacking.get());
    }
    List<Scenario> starts =
        shows.startsWith("leak ") ? List.of(half(start, 0), half(start, 1)) : List.of(start);
    List<Enactment> enactments = new ArrayList<>();
    for (Scenario each : starts) {
      Enactment enactment = Enactment.of(policy, each, LIMIT);
      if (enactment.throughTables()) {
        return notExecuted(
            "control goes through descriptor tables, and the bench's guest has none");
      }
      if (enactment.stop().filter(Stop.Reserved.class::isInstance).isPresent()) {
        return notExecuted(
            "what a processor does at a reserved encoding, one processor cannot show");
      }
      if (enactment.obstacle().isPresent()) {
        return notExecuted(enactment.obstacle().get());
      }
      behind.addAll(enactment.touched());
      enactments.add(enactment);
    }
    return new Plan.Executions(shows, starts, enactments);
  }

  /** What the run needs and the emulated processor does not have. */
  private Optional<String> lacking(Scenario start) {
    if (policy.vm(start.vm()).orElseThrow().lock().has(Lock.Kind.HLAT)
        && !start.paging().isEmpty()) {
      boolean verified =
          start.paging().stream()
              .anyMatch(entry ->
                  mapping(start.vm(), entry.view(), ViewTables.number(entry.gpa()))
                      .map(mapping -> mapping.leaf().verifyGuestPaging())
                      .orElse(false));
      if (verified) {
        return Optional.of("it meets HLAT's guest-paging verification, which the emulator lacks");
      }
    }
    boolean modeBased =
        policy.viewsOf(start.vm()).stream()
            .flatMap(view -> view.mappings().stream())
            .filter(mapping -> mapping.role() == Role.TRAMPOLINE || mapping.role() == Role.CODE)
            .anyMatch(mapping -> mapping.leaf().userExecute() && !mapping.leaf().execute());
    return modeBased
        ? Optional.of("the view needs mode-based execute control, which the emulator lacks")
        : Optional.empty();
  }

  private Optional<Mapping> mapping(String vm, int view, long gpa) {
    return policy.viewsOf(vm).stream()
        .filter(each -> each.index() == view)
        .flatMap(each -> each.mappings().stream())
        .filter(each -> Long.compareUnsigned(gpa - each.gpa().value(), each.size()) < 0)
        .findFirst();
  }

  private static Scenario half(Scenario both, int which) {
    return new Scenario(
        both.vm(),
        both.view(),
        both.mode(),
        both.rip(),
        both.gprs(),
        both.rflags(),
        both.cs(),
        both.bases(),
        both.paging(),
        half(both.memory(), which),
        half(both.fetches(), which));
  }

  private static <T> List<T> half(List<T> all, int which) {
    int middle = all.size() / 2;
    return which == 0 ? all.subList(0, middle) : all.subList(middle, all.size());
  }

  private static List<Trial> trials(Host host, Plan plan, int number) throws SiliconException {
    List<Trial> trials = new ArrayList<>();
    switch (plan) {
      case Plan.Settled _ -> {}
      case Plan.Probe(Scenario start, AccessPoint at) -> trials.add(probe(host, start, at, number));
      case Plan.Executions executions -> {
        for (int i = 0; i < executions.starts().size(); i++) {
          Scenario start = executions.starts().get(i);
          List<Trial.Content> contents = new ArrayList<>();
          for (Enactment.Write write : executions.enactments().get(i).writes()) {
            contents.add(
                new Trial.Content(
                    host.host(start.vm(), write.view(), write.gpa()),
                    HexFormat.of().parseHex(write.bytes()),
                    write.when()));
          }
          trials.add(
              new Trial(
                  number + "-" + i,
                  start,
                  contents,
                  List.of(),
                  LIMIT,
                  Optional.of(ViewTables.of(host, start))));
        }
      }
    }
    return trials;
  }

  private static Trial probe(Host host, Scenario start, AccessPoint at, int number)
      throws SiliconException {
    Map<Long, Long> translations = new HashMap<>();
    translations.put(DATA, at.gpa() & -4096L);
    List<Trial.Content> contents = new ArrayList<>();
    Scenario from = start;
    if (!at.kind().equals("x")) {
      long code =
          new Reproduction(host.policy()).code(at.vm(), at.view()).orElseThrow().gpa().value();
      translations.put(CODE, code);
      // mov al, [rsi] or mov [rsi], al
      byte[] instruction = HexFormat.of().parseHex(at.kind().equals("r") ? "8a06" : "8806");
      contents.add(new Trial.Content(host.host(at.vm(), at.view(), code), instruction));
      from = Scenario.at(at.vm(), at.view(), CODE, Map.of(Gpr.RSI, DATA + (at.gpa() & 4095)));
    }
    return Trial.whole(number + "-0", from, contents, List.of())
        .stepped(1)
        .on(ViewTables.only(host, from, translations));
  }

  private static Result probed(AccessPoint at, Outcome outcome) {
    boolean refused =
        outcome.steps().isEmpty()
            && (outcome.exit() == Outcome.EPT_VIOLATION
                || outcome.exit() == Outcome.EPT_MISCONFIGURATION);
    boolean done = at.kind().equals("x") ? !refused : !outcome.steps().isEmpty();
    String what =
        "%s of gpa 0x%x in view %d"
            .formatted(
                switch (at.kind()) {
                  case "r" -> "read";
                  case "w" -> "write";
                  default -> "fetch";
                },
                at.gpa(),
                at.view());
    return new Result.Executed(done, done ? what + ": not refused" : what + ": " + outcome.text());
  }

  private static Result executed(
      Host host, Plan.Executions plan, List<Trial> trials, List<Outcome> outcomes) {
    List<Integer> compared = new ArrayList<>();
    for (int i = 0; i < trials.size(); i++) {
      Enactment enactment = plan.enactments().get(i);
      Lockstep.Result result = Lockstep.compare(host, trials.get(i), outcomes.get(i));
      if (result.difference().isPresent()) {
        return new Result.Executed(
            false, "the processor does otherwise: " + result.difference().get());
      }
      int decisive = decisive(plan.shows(), enactment);
      if (!reached(decisive, enactment, result, outcomes.get(i))) {
        return new Result.Executed(
            false,
            "%d instructions alike, the one that decides not among them"
                .formatted(result.instructions()));
      }
      compared.add(result.instructions());
    }
    return told(plan, outcomes, compared);
  }

  /** Instructions that must have been begun for the run to show what it should. */
  private static int decisive(String shows, Enactment enactment) {
    return switch (shows) {
      case "violation" -> enactment.violation().orElse(Integer.MAX_VALUE);
      case "switch" -> enactment.firstSwitch().orElse(Integer.MAX_VALUE);
      default ->
          shows.startsWith("leak ") || shows.startsWith("clobber ")
              ? enactment.lastLeft().orElse(Integer.MAX_VALUE)
              : enactment.instructions();
    };
  }

  /**
   * Whether the processor came that far: by completed instructions, or, where the last one ends the
   * run, by the same end. What the concrete machine leaves unfinished (a far return, a push in
   * another mode) the processor must have carried out.
   */
  private static boolean reached(
      int decisive, Enactment enactment, Lockstep.Result result, Outcome outcome) {
    if (decisive == Integer.MAX_VALUE) {
      return false;
    }
    if (result.instructions() >= decisive) {
      return true;
    }
    boolean last = decisive == enactment.instructions() && result.instructions() == decisive - 1;
    return last
        && (enactment.stop().filter(Stop.Unmodelled.class::isInstance).isPresent()
            ? outcome.steps().size() > result.instructions()
            : !result.unmodelled());
  }

  private static Result told(Plan.Executions plan, List<Outcome> outcomes, List<Integer> compared) {
    String alike =
        compared.getFirst()
            + " instructions, each as on the concrete machine; ends with "
            + outcomes.getFirst().text();
    if (plan.shows().startsWith("leak ") || plan.shows().startsWith("clobber ")) {
      String register = plan.shows().substring(plan.shows().indexOf(' ') + 1);
      String name = register.toLowerCase(Locale.ROOT);
      List<Optional<Long>> values =
          outcomes.stream().map(outcome -> whenLeft(outcome, name)).toList();
      if (values.stream().anyMatch(Optional::isEmpty)) {
        return new Result.NotExecuted(name + " is no register this bench reports");
      }
      long before =
          plan.shows().startsWith("leak ")
              ? values.getLast().orElseThrow()
              : plan.starts()
                  .getFirst()
                  .gprs()
                  .getOrDefault(Gpr.valueOf(register.toUpperCase(Locale.ROOT)), 0L);
      long after = values.getFirst().orElseThrow();
      return new Result.Executed(
          before != after,
          alike
              + "; "
              + name
              + " is 0x"
              + Long.toHexString(after)
              + " when the view is left, and 0x"
              + Long.toHexString(before)
              + (plan.shows().startsWith("leak ") ? " in a run with other secrets" : " before"));
    }
    if (plan.shows().startsWith("longer ")) {
      long bound = Long.parseLong(plan.shows().substring("longer ".length()));
      int here = plan.enactments().getFirst().protectedInstructions();
      return new Result.Executed(here > bound, alike + "; " + here + " of them in the view");
    }
    return new Result.Executed(true, alike);
  }

  /** A register at the last switch back to the default view. */
  private static Optional<Long> whenLeft(Outcome outcome, String register) {
    Optional<Long> value = Optional.empty();
    for (int i = 1; i < outcome.steps().size(); i++) {
      Map<String, Long> before = outcome.steps().get(i - 1);
      Map<String, Long> after = outcome.steps().get(i);
      if (!Long.valueOf(0).equals(before.get("idx")) && Long.valueOf(0).equals(after.get("idx"))) {
        value = flag(register, after).or(() -> Optional.ofNullable(after.get(register)));
      }
    }
    return value;
  }

  private static Optional<Long> flag(String name, Map<String, Long> state) {
    for (Flag flag : Flag.values()) {
      if (flag.name().toLowerCase(Locale.ROOT).equals(name)) {
        return Optional.ofNullable(state.get("rflags")).map(value -> value >>> flag.bit() & 1);
      }
    }
    return Optional.empty();
  }
}

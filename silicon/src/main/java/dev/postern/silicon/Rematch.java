package dev.postern.silicon;

import dev.postern.model.Frames;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.access.Confinement;
import dev.postern.verifier.concrete.AccessKind;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.concrete.Stop;
import dev.postern.verifier.concrete.World;
import dev.postern.verifier.gate.Landing;
import dev.postern.verifier.gate.LandingSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Counterexamples of a flawed policy, tried again on the emulated processor with the corrected one
 * installed: each must fail.
 *
 * <p>A run fails as an attack if the processor does, instruction by instruction, what the concrete
 * machine does under the corrected policy, the {@link dev.postern.verifier.concrete.Judge} sees no
 * theorem broken in it, and what the counterexample shows on the flawed policy does not happen: the
 * register leaves with one value whatever the secrets are, the call comes back, and so on. An
 * access fails if it is refused. Where the corrected policy permits it (the flaw was in whose
 * memory is behind it, not in the mapping), the brute-force check of the confinement theorem must
 * find nothing broken by it.
 *
 * <p>A start that the corrected policy does not have is not executed, and said to be excluded: the
 * view is not in its list; in its view the start is no landing and no VMFUNC behind which one lies;
 * what the attacker writes there is not memory a guest can write; the lock refuses the attacker's
 * translation by a control that the emulator lacks.
 */
public final class Rematch {

  /** What became of a counterexample. */
  public sealed interface Result {

    /** It ran, and does not do what it does on the flawed policy. */
    record Withstood(String text) implements Result {}

    /** The access was made; under the corrected policy it breaks nothing. */
    record Harmless(String text) implements Result {}

    /** The corrected policy has no such start. */
    record Excluded(String reason) implements Result {}

    /** It ran, and is an attack on the corrected policy too. */
    record Succeeds(String text) implements Result {}

    /** The processor does otherwise than the concrete machine. */
    record Differs(String text) implements Result {}

    /** It cannot run there. */
    record NotExecuted(String reason) implements Result {}

    /** It is no run: it quotes the policy. */
    record Fact() implements Result {}
  }

  /** Instructions that the concrete machine begins behind the last one the processor reports. */
  private static final int AT_THE_END = 2;

  private final Policy policy;
  private final Set<Frames> behind = new HashSet<>();

  private Rematch(Policy policy) {
    this.policy = policy;
  }

  /**
   * Tries all of them, in their order.
   *
   * @param corrected a policy that keeps the names of VMs and views of the one they refute
   * @throws SiliconException if a trial was not executed, or the policy cannot be installed
   */
  public static List<Result> of(Policy corrected, List<Counterexample> counterexamples)
      throws SiliconException, IOException, InterruptedException {
    return Act.perform(List.of(play(corrected, counterexamples))).getFirst();
  }

  /** The same, to be {@linkplain Act#perform performed} with others. */
  static Act.Play<Result> play(Policy corrected, List<Counterexample> counterexamples)
      throws SiliconException {
    Rematch rematch = new Rematch(corrected);
    List<Act<Result>> acts = new ArrayList<>();
    for (Counterexample counterexample : counterexamples) {
      acts.add(rematch.act(counterexample));
    }
    return Act.Play.of(corrected, rematch.behind, acts, Result.NotExecuted::new);
  }

  private Act<Result> act(Counterexample counterexample) {
    return switch (counterexample.kind()) {
      case STATEMENT -> new Act.Settled<>(new Result.Fact());
      case ACCESS -> access(counterexample);
      case EXECUTION -> execution(counterexample);
    };
  }

  private static Act<Result> excluded(String reason) {
    return new Act.Settled<>(new Result.Excluded(reason));
  }

  private static Act<Result> notExecuted(String reason) {
    return new Act.Settled<>(new Result.NotExecuted(reason));
  }

  private Act<Result> access(Counterexample counterexample) {
    return switch (Probe.of(policy, counterexample)) {
      case Probe.Choice.None(String reason) -> notExecuted(reason);
      case Probe.Choice.Of(Probe probe) -> {
        behind.addAll(probe.touched(policy));
        yield new Act.Played<>(
            (host, prefix) -> List.of(probe.trial(host, prefix + "0")),
            (_, _, outcomes) -> probed(probe, outcomes.getFirst()));
      }
    };
  }

  private Result probed(Probe probe, Outcome outcome) {
    String text = probe.text(outcome);
    if (!probe.done(outcome)) {
      return new Result.Withstood(text);
    }
    List<String> broken = new Confinement(policy).of(probe.access()).broken();
    return broken.isEmpty()
        ? new Result.Harmless(text)
        : new Result.Succeeds(text + ": " + broken.getFirst());
  }

  private Act<Result> execution(Counterexample counterexample) {
    Scenario whole = Scenario.of(counterexample);
    if (policy.vm(whole.vm()).isEmpty()) {
      return excluded("there is no VM " + whole.vm());
    }
    String shows = Executions.shows(counterexample);
    Optional<String> lacking = Executions.lacking(policy, counterexample);
    if (lacking.isPresent()) {
      return notExecuted(lacking.get());
    }
    Optional<String> missing = missing(whole, shows);
    if (missing.isPresent()) {
      return excluded(missing.get());
    }
    List<Scenario> starts =
        Stream.concat(Executions.starts(counterexample).stream(), atSites(whole, shows))
            .map(this::withAnswersInMemory)
            .toList();
    List<Enactment> enactments = new ArrayList<>();
    for (Scenario start : starts) {
      Enactment enactment = Enactment.of(policy, start, Executions.LIMIT);
      if (enactment.obstacle().isPresent()) {
        return notExecuted(enactment.obstacle().get());
      }
      if (enactment.violation().isEmpty() && enactment.stop().isPresent()) {
        Stop stop = enactment.stop().get();
        // What comes behind the first instruction does not matter to the claim of a VMFUNC there.
        if (enactment.endsInView() && Lockstep.unmodelled(stop) && !shows.equals("switch")) {
          return notExecuted("under the corrected policy it ends with " + stop);
        }
        if (permitted(start, stop)) {
          return start.paging().isEmpty()
              ? notExecuted("mode-based execute control, which the emulator lacks: " + stop)
              : excluded("guest-paging verification refuses the attacker's tables: " + stop);
        }
      }
      behind.addAll(enactment.touched());
      enactments.add(enactment);
    }
    Executions runs = new Executions(shows, starts, enactments);
    return new Act.Played<>(
        runs::trials,
        (host, trials, outcomes) -> judged(host, counterexample, runs, trials, outcomes));
  }

  /** What of the start the corrected policy does not have. */
  private Optional<String> missing(Scenario start, String shows) {
    Optional<View> view = new World(policy, start.vm()).slot(start.view());
    if (view.isEmpty()) {
      return Optional.of("view " + start.view() + " is not in the list");
    }
    // Where a VMFUNC is claimed to stand, a start there shows whether it does.
    if (!view.get().isDefault() && !shows.equals("switch") && !reachable(start)) {
      return Optional.of(
          "0x%x is no landing of view %d, and no VMFUNC of the policy's stands there"
              .formatted(start.rip(), start.view()));
    }
    return start.memory().stream()
        .filter(content -> !writable(start.vm(), content))
        .findFirst()
        .map(content ->
            "view %d has no memory of the guest's at gpa %s"
                .formatted(content.view(), content.gpa()));
  }

  /** Whether hostile state can execute at the start, or the VMFUNC there be executed. */
  private boolean reachable(Scenario start) {
    return landings(start.vm())
            .anyMatch(landing -> landing.index() == start.view() && landing.la() == start.rip())
        || sites(start.vm())
            .anyMatch(site -> site.fromIndex() == start.view() && site.site() == start.rip());
  }

  /**
   * The same registers at every VMFUNC that the corrected policy's gates have: they may stand
   * elsewhere than those of the flawed one, and what lands behind a VMFUNC there must be tried
   * behind these.
   */
  private Stream<Scenario> atSites(Scenario start, String shows) {
    if (!shows.equals("violation") || start.view() != 0) {
      return Stream.empty();
    }
    return sites(start.vm())
        .filter(site -> site.fromIndex() == start.view())
        .map(Landing.Approach.Site::site)
        .filter(site -> site != start.rip())
        .distinct()
        .map(site -> at(start, site, start.memory()));
  }

  private Stream<Landing.Approach.Site> sites(String vm) {
    return landings(vm)
        .map(Landing::approach)
        .filter(Landing.Approach.Site.class::isInstance)
        .map(Landing.Approach.Site.class::cast);
  }

  private Stream<Landing> landings(String vm) {
    return policy.viewsOf(vm).stream()
        .flatMap(view -> LandingSet.of(policy, view, policy.vm(vm).orElseThrow()).stream());
  }

  /** Whether someone but the loader decides what stands there. */
  private boolean writable(String vm, Counterexample.Content content) {
    long gpa = ViewTables.number(content.gpa());
    return Executions.mapping(policy, vm, content.view(), gpa)
        .filter(
            mapping -> gpa - mapping.gpa().value() + content.bytes().length() / 2 <= mapping.size())
        .map(Mapping::role)
        .filter(role ->
            role == Role.RAM
                || role == Role.SOURCE_WINDOW
                || role == Role.DESTINATION_WINDOW
                || role == Role.PRIVATE)
        .isPresent();
  }

  /**
   * The first answer to each load is in memory from the start, too: other code may load it by
   * pieces of another size, and must meet the secret all the same.
   */
  private Scenario withAnswersInMemory(Scenario start) {
    List<Counterexample.Content> memory = new ArrayList<>();
    for (Counterexample.Content answer : start.fetches().reversed()) {
      if (writable(start.vm(), answer)) {
        memory.add(answer);
      }
    }
    memory.addAll(start.memory());
    return at(start, start.rip(), memory);
  }

  private static Scenario at(Scenario start, long rip, List<Counterexample.Content> memory) {
    return new Scenario(
        start.vm(),
        start.view(),
        start.mode(),
        rip,
        start.gprs(),
        start.rflags(),
        start.cs(),
        start.bases(),
        start.paging(),
        memory,
        start.fetches(),
        start.circumstances());
  }

  /** EPT's first three bits let the access through, so what refuses it is another control. */
  private boolean permitted(Scenario start, Stop stop) {
    return stop instanceof Stop.EptViolation(int view, _, long gpa, AccessKind kind)
        && Executions.mapping(policy, start.vm(), view, gpa)
            .map(Mapping::leaf)
            .filter(leaf ->
                switch (kind) {
                  case READ -> leaf.read();
                  case WRITE -> leaf.write();
                  case FETCH -> leaf.execute();
                })
            .isPresent();
  }

  private Result judged(
      Host host,
      Counterexample counterexample,
      Executions runs,
      List<Trial> trials,
      List<Outcome> outcomes) {
    List<Integer> compared = new ArrayList<>();
    for (int i = 0; i < trials.size(); i++) {
      Lockstep.Result result = Lockstep.compare(host, trials.get(i), outcomes.get(i));
      if (result.difference().isPresent()) {
        return new Result.Differs(result.difference().get());
      }
      int begun = runs.enactments().get(i).instructions();
      if (result.instructions() < begun - AT_THE_END && !outcomes.get(i).cut()) {
        return new Result.Differs(
            "%d of %d instructions alike, and then no more"
                .formatted(result.instructions(), begun));
      }
      compared.add(result.instructions());
    }
    String text =
        compared.getFirst()
            + " instructions, each as on the concrete machine; ends with "
            + outcomes.getFirst().text();
    return new Claim(policy, counterexample)
        .shown(runs, outcomes)
        .<Result>map(shown -> new Result.Succeeds(text + "; " + shown))
        .orElseGet(() -> new Result.Withstood(text));
  }
}

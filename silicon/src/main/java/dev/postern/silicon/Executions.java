package dev.postern.silicon;

import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Circumstance;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.x86.Flag;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The runs of one counterexample: one, or the two that a leak is shown by.
 *
 * @param shows what they must show, as {@link dev.postern.verifier.concrete.Replayer} reads it
 * @param enactments of {@code starts}, in their order
 */
record Executions(String shows, List<Scenario> starts, List<Enactment> enactments) {

  /** More than a string instruction needs to run out of two pages. */
  static final int LIMIT = 9000;

  static String shows(Counterexample counterexample) {
    return counterexample.start().getOrDefault("shows", "violation");
  }

  /** Where they start. */
  static List<Scenario> starts(Counterexample counterexample) {
    Scenario start = Scenario.of(counterexample);
    String shows = shows(counterexample);
    return shows.startsWith("leak ") || shows.equals("disclose")
        ? List.of(start.half(0), start.half(1))
        : List.of(start);
  }

  /** What the counterexample needs, under {@code policy}, and the emulated processor lacks. */
  static Optional<String> lacking(Policy policy, Counterexample counterexample) {
    Scenario start = Scenario.of(counterexample);
    String shows = shows(counterexample);
    if (shows.equals("unfenced") || shows.equals("predicted")) {
      return Optional.of("it is about speculation, and the emulator does not speculate");
    }
    if (start.mode() == Mode.BITS64
        && counterexample.trace().stream().anyMatch(step -> step.bytes().startsWith("d5"))) {
      return Optional.of("it uses REX2 (APX), which the emulated processor lacks");
    }
    if (start.circumstances().contains(Circumstance.HYPERCALLS_RETURN)) {
      return Optional.of("it goes on behind a VMCALL, which ends a run on the bench");
    }
    if (start.circumstances().contains(Circumstance.SSE_UNMASKED)) {
      return Optional.of("it needs vector registers and an MXCSR that the bench does not set");
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

  /** What a view maps at {@code gpa}. */
  static Optional<Mapping> mapping(Policy policy, String vm, int view, long gpa) {
    return policy.viewsOf(vm).stream()
        .filter(each -> each.index() == view)
        .flatMap(each -> each.mappings().stream())
        .filter(each -> Long.compareUnsigned(gpa - each.gpa().value(), each.size()) < 0)
        .findFirst();
  }

  /** The trials, named by {@code prefix} and their number. */
  List<Trial> trials(Host host, String prefix) throws SiliconException {
    List<Trial> trials = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      Scenario start = starts.get(i);
      List<Trial.Content> contents = new ArrayList<>();
      for (Enactment.Write write : enactments.get(i).writes()) {
        contents.add(
            new Trial.Content(
                host.host(start.vm(), write.view(), write.gpa()),
                HexFormat.of().parseHex(write.bytes()),
                write.when()));
      }
      trials.add(
          new Trial(
              prefix + i,
              start,
              contents,
              List.of(),
              LIMIT,
              Optional.of(ViewTables.of(host, start)),
              enactments.get(i).pages(host)));
    }
    return trials;
  }

  /** A register or flag, by its name in lower case, at the last switch back to the default view. */
  static Optional<Long> whenLeft(Outcome outcome, String register) {
    Optional<Long> value = Optional.empty();
    for (int i = 1; i < outcome.steps().size(); i++) {
      State before = outcome.steps().get(i - 1);
      State after = outcome.steps().get(i);
      if (before.value("idx") != 0 && after.value("idx") == 0) {
        value = flag(register, after).or(() -> after.find(register));
      }
    }
    return value;
  }

  private static Optional<Long> flag(String name, State state) {
    for (Flag flag : Flag.values()) {
      if (flag.name().toLowerCase(Locale.ROOT).equals(name)) {
        return Optional.of(state.value("rflags") >>> flag.bit() & 1);
      }
    }
    return Optional.empty();
  }
}

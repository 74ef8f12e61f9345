package dev.postern.silicon;

import dev.postern.model.Frames;
import dev.postern.model.Hpa;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.x86.Gpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One access through a view: an instruction that makes it, put where the view executes.
 *
 * @param code where the instruction is put; empty for a fetch, which needs none
 */
record Probe(Access.InView access, Optional<Mapping> code) {

  private static final long CODE = 0x10_0000;
  private static final long DATA = 0x20_0000;

  /** A probe, or why there is none. */
  sealed interface Choice {
    record Of(Probe probe) implements Choice {}

    record None(String reason) implements Choice {}
  }

  /** The access of a counterexample under {@code policy}, which may not be the one it refutes. */
  static Choice of(Policy policy, Counterexample counterexample) {
    Optional<Access.InView> parsed =
        Access.parse(counterexample.start())
            .filter(Access.InView.class::isInstance)
            .map(Access.InView.class::cast);
    if (parsed.isEmpty()) {
      return new Choice.None(
          "the access is not made by a processor of a source in one of its views");
    }
    Access.InView access = parsed.get();
    if (access.kind() == Access.Kind.X) {
      boolean userAlone =
          Executions.mapping(policy, access.vm(), access.view(), access.gpa().value())
              .filter(mapping -> mapping.leaf().userExecute() && !mapping.leaf().execute())
              .isPresent();
      return userAlone
          ? new Choice.None("it needs mode-based execute control, which the emulator lacks")
          : new Choice.Of(new Probe(access, Optional.empty()));
    }
    Optional<Mapping> code =
        policy.viewsOf(access.vm()).stream()
            .filter(view -> view.index() == access.view())
            .flatMap(view -> view.mappings().stream())
            .filter(mapping -> mapping.leaf().execute() && mapping.leaf().read())
            .findFirst();
    return code.isEmpty()
        ? new Choice.None(
            "view " + access.view() + " executes nothing, so no instruction can be put there")
        : new Choice.Of(new Probe(access, code));
  }

  /** The frames that the trial needs memory behind. */
  List<Frames> touched(Policy policy) {
    List<Frames> touched = new ArrayList<>();
    Enactment.frames(policy, access.vm(), access.view(), gpa()).ifPresent(touched::add);
    code.flatMap(
            mapping -> Enactment.frames(policy, access.vm(), access.view(), mapping.gpa().value()))
        .ifPresent(touched::add);
    return touched;
  }

  Trial trial(Host host, String name) throws SiliconException {
    Map<Long, Long> translations = new HashMap<>();
    translations.put(DATA, gpa() & -4096L);
    long operand = DATA + (gpa() & 4095);
    List<Trial.Content> contents = new ArrayList<>();
    Scenario from = Scenario.at(access.vm(), access.view(), operand, Map.of());
    if (code.isPresent()) {
      long at = code.get().gpa().value();
      translations.put(CODE, at);
      // mov al, [rsi] or mov [rsi], al
      byte[] instruction =
          HexFormat.of().parseHex(access.kind() == Access.Kind.R ? "8a06" : "8806");
      contents.add(new Trial.Content(host.host(access.vm(), access.view(), at), instruction));
      from = Scenario.at(access.vm(), access.view(), CODE, Map.of(Gpr.RSI, operand));
    }
    return Trial.whole(name, from, contents, List.of())
        .stepped(1)
        .on(ViewTables.only(host, from, translations))
        .within(pages(host));
  }

  /** What is fetched at an address that is only to be fetched from may do anything. */
  private Optional<Set<Hpa>> pages(Host host) throws SiliconException {
    if (access.kind() == Access.Kind.X) {
      return Optional.empty();
    }
    return Optional.of(host.pages(touched(host.policy())));
  }

  /** Whether the processor carried the access out. */
  boolean done(Outcome outcome) {
    boolean refused =
        outcome.steps().isEmpty()
            && (outcome.exit() == Outcome.EPT_VIOLATION
                || outcome.exit() == Outcome.EPT_MISCONFIGURATION);
    return access.kind() == Access.Kind.X ? !refused : !outcome.steps().isEmpty();
  }

  /** What was tried and what came of it. */
  String text(Outcome outcome) {
    String what =
        "%s of gpa 0x%x in view %d"
            .formatted(
                switch (access.kind()) {
                  case R -> "read";
                  case W -> "write";
                  case X -> "fetch";
                },
                gpa(),
                access.view());
    return done(outcome) ? what + ": not refused" : what + ": " + outcome.text();
  }

  private long gpa() {
    return access.gpa().value();
  }
}

package dev.postern.examples;

import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.rule.Rule;
import dev.postern.verifier.rule.Rules;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Changes a proved policy in every small way and asks what the verifier makes of it. A mutant that
 * is proved must have a reason (see {@link Harmless}) and survive the search for an attack.
 */
final class MutationSuite {

  /**
   * Asked first, each as long as the ones before refute nothing: what costs a run, since most
   * changes of a gate leave it useless; then what looks at each step of protected code by itself.
   */
  private static final List<Set<RuleId>> FIRST =
      List.of(
          EnumSet.of(RuleId.GATE_LIVE),
          EnumSet.of(RuleId.CODE_CONTAINED, RuleId.ACCESSES_IN_WINDOWS, RuleId.BOUNDED));

  private static final long SEED = 1;
  private static final int SITUATIONS = 200;
  private static final int ATTEMPTS = 400;
  private static final int LEAK_ATTEMPTS = 60;

  /** Calls that work, of which some execute each instruction of the compiled example. */
  private static final int CALLS = 60;

  /** What became of one mutant; {@code harm} says what is wrong with a proof of it. */
  private record Result(
      Mutant mutant,
      Verdict verdict,
      Optional<Harmless> harmless,
      Optional<String> harm,
      Optional<String> unknown) {}

  private final Policy policy;
  private final String vm;
  private final AttackSearch original;
  private final List<Scenario> situations;
  private final List<Scenario> calls;
  private final Set<RuleId> rules;

  /** Over the source VM of the policy's gates. */
  MutationSuite(Policy policy) {
    this.policy = policy;
    this.vm = policy.view(policy.gates().getFirst().from()).orElseThrow().vm();
    this.original = new AttackSearch(policy, vm);
    this.situations = original.situations(SEED, SITUATIONS);
    this.calls = original.work(SEED, CALLS);
    this.rules =
        Rules.ALL.stream()
            .map(Rule::id)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(RuleId.class)));
  }

  /**
   * Counts of what came back.
   *
   * @param harmful proved mutants that have no reason, or that an attack was found on
   * @param unknowns reasons of unknown verdicts, with the mutants
   */
  record Tally(
      Map<Verdict, Integer> verdicts,
      Map<Harmless, Integer> classes,
      List<String> harmful,
      Map<String, List<Mutant>> unknowns) {

    int mutants() {
      return verdicts.values().stream().mapToInt(Integer::intValue).sum();
    }

    String table(String title) {
      StringBuilder text = new StringBuilder();
      text.append("mutants of %s: %d, %s%n".formatted(title, mutants(), verdicts));
      classes.forEach((c, n) -> text.append("  proved, harmless: %6d  %s%n".formatted(n, c)));
      unknowns.forEach((why, mutants) ->
          text.append(
              "  unknown:          %6d  %s, as %s%n"
                  .formatted(mutants.size(), why, mutants.getFirst())));
      harmful.forEach(what -> text.append("  HARMFUL AND PROVED: %s%n".formatted(what)));
      return text.toString();
    }
  }

  /** Linear addresses of the bytes of all protected code. */
  static Set<Long> bytesOfCode(Policy policy) {
    Set<Long> bytes = new TreeSet<>();
    for (View view : policy.views()) {
      for (Mapping mapping : view.mappings()) {
        if (mapping.role() == Role.CODE) {
          int length = mapping.image().orElseThrow().length();
          for (int i = 0; i < length; i++) {
            bytes.add(mapping.la().value() + i);
          }
        }
      }
    }
    return bytes;
  }

  /** The bytes that the calls execute, by which mutants of protected code are judged. */
  Set<Long> executedByCalls() {
    return calls.stream()
        .flatMap(call -> original.runWork(call).executed().stream())
        .collect(Collectors.toSet());
  }

  /** Every {@code stride}-th mutant, on two threads. */
  Tally run(List<? extends Mutant> mutants, int stride) throws InterruptedException {
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      List<Future<Result>> results = new ArrayList<>();
      for (int i = 0; i < mutants.size(); i += stride) {
        Mutant mutant = mutants.get(i);
        results.add(pool.submit(() -> judge(mutant)));
      }
      return tally(results);
    } catch (ExecutionException e) {
      throw new AssertionError("a mutant brought the verifier down", e.getCause());
    }
  }

  private static Tally tally(List<Future<Result>> results)
      throws InterruptedException, ExecutionException {
    Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);
    Map<Harmless, Integer> classes = new EnumMap<>(Harmless.class);
    List<String> harmful = new ArrayList<>();
    Map<String, List<Mutant>> unknowns = new TreeMap<>();
    for (Future<Result> future : results) {
      Result result = future.get();
      verdicts.merge(result.verdict(), 1, Integer::sum);
      result.harmless().ifPresent(c -> classes.merge(c, 1, Integer::sum));
      result.harm().ifPresent(harm -> harmful.add(result.mutant() + ": " + harm));
      result
          .unknown()
          .ifPresent(
              why -> unknowns.computeIfAbsent(why, key -> new ArrayList<>()).add(result.mutant()));
    }
    return new Tally(verdicts, classes, harmful, unknowns);
  }

  private Result judge(Mutant mutant) {
    Policy mutated = mutant.policy();
    for (Set<RuleId> few : FIRST) {
      if (Verifier.verify(mutated, Options.DEFAULT.withRules(few)).outcome() == Verdict.REFUTED) {
        return new Result(
            mutant, Verdict.REFUTED, Optional.empty(), Optional.empty(), Optional.empty());
      }
    }
    Report report = Verifier.verify(mutated, Options.DEFAULT.withRules(rules));
    return switch (report.outcome()) {
      case PROVED -> proved(mutant);
      case UNKNOWN ->
          new Result(
              mutant,
              Verdict.UNKNOWN,
              Optional.empty(),
              Optional.empty(),
              Optional.of(why(report)));
      case REFUTED, WAIVED, NOT_CLAIMED ->
          new Result(
              mutant, report.outcome(), Optional.empty(), Optional.empty(), Optional.empty());
    };
  }

  private Result proved(Mutant mutant) {
    AttackSearch search = new AttackSearch(mutant.policy(), vm);
    boolean code = mutant instanceof Mutant.OfByte b && b.role() == Role.CODE;
    Optional<Harmless> reason =
        switch (mutant) {
          case Mutant.OfByte b when code -> Harmless.atWork(b, original, search, calls);
          case Mutant.OfByte b -> Harmless.of(b, original, search, situations);
          case Mutant.OfLeaf l -> Harmless.of(l);
        };
    Optional<String> attack =
        (code ? search.searchWork(calls, SEED) : search.search(SEED, ATTEMPTS))
            .or(() -> search.searchLeaks(SEED, LEAK_ATTEMPTS))
            .map(AttackSearch.Attack::violation);
    Optional<String> harm =
        attack.or(() -> reason.isPresent() ? Optional.empty() : Optional.of("no reason is known"));
    return new Result(mutant, Verdict.PROVED, reason, harm, Optional.empty());
  }

  private static String why(Report report) {
    return report.findings().stream()
        .filter(finding -> finding.verdict() == Verdict.UNKNOWN)
        .map(MutationSuite::kind)
        .findFirst()
        .orElse("no finding says why");
  }

  /** The rule and the reason, without where. */
  private static String kind(Finding finding) {
    String reason =
        finding
            .reason()
            .orElse("")
            .replaceAll(" at (la )?[^ ,;)]*[+x][0-9a-f]+", "")
            .replaceAll("0x[0-9a-f]+", "…");
    return finding.rule() + ": " + reason;
  }
}

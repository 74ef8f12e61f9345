package dev.postern.verifier;

import dev.postern.model.Gate;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.evidence.Engine;
import dev.postern.verifier.evidence.Scripts;
import dev.postern.verifier.evidence.Transcript;
import dev.postern.verifier.smt.Prover;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Solver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One run over one policy: what rules share. Facts that several rules need are computed by the
 * first that asks and kept ({@link #fact}); work that splits is spread over the run's threads
 * ({@link #each}); what an obligation spoke of is counted ({@link #covers}), so that a proof about
 * nothing shows.
 */
public final class Verification {

  private final Policy policy;
  private final Options options;
  private final ForkJoinPool pool;
  private final Engine engine;
  private final Transcript transcript = new Transcript();
  private final Replayer replayer;
  private final Map<Class<?>, Object> facts = new ConcurrentHashMap<>();
  private final Map<String, Long> coverage = new ConcurrentHashMap<>();
  private final Scripts scripts = new Scripts();

  Verification(Policy policy, Options options, Engine engine, ForkJoinPool pool) {
    this.policy = policy;
    this.options = options;
    this.engine = engine;
    this.pool = pool;
    this.replayer = new Replayer(policy);
  }

  public Policy policy() {
    return policy;
  }

  public Options options() {
    return options;
  }

  /** Who is asked what terms and facts leave open. */
  public Engine engine() {
    return engine;
  }

  /** Every question of the run and its answer. */
  public Transcript transcript() {
    return transcript;
  }

  /** A prover for one thread; it makes the engine's solver only if a question is left for it. */
  public Solver prover() {
    return transcript.noting(new Prover(() -> transcript.open(engine.solver(options))));
  }

  /** Runs counterexamples of this policy. */
  public Replayer replayer() {
    return replayer;
  }

  /** Views that are not a VM's default, of all source VMs, as written. */
  public List<View> protectedViews() {
    return policy.views().stream().filter(view -> !view.isDefault()).toList();
  }

  /** Protected views for which the policy claims mediation: M-level rules speak of no other. */
  public List<View> mediatedViews() {
    return protectedViews().stream().filter(view -> view.mediationNotClaimed().isEmpty()).toList();
  }

  public Optional<View> defaultView(String vm) {
    return policy.views().stream()
        .filter(view -> view.isDefault() && view.vm().equals(vm))
        .findFirst();
  }

  /** The source VM of {@code view}; resolution has bound the name. */
  public Vm vm(View view) {
    return policy
        .vm(view.vm())
        .orElseThrow(() -> new IllegalArgumentException("view of no vm: " + view.name()));
  }

  /**
   * The fact of this type, learned by the first that asks. Held without a lock, so that a thread
   * which learns one fact may wait for another: two that ask at once may both learn it, and get the
   * same.
   */
  public <T> T fact(Class<T> type, Function<Verification, T> learn) {
    Object known = facts.get(type);
    if (known == null) {
      T learned = learn.apply(this);
      known = Optional.ofNullable(facts.putIfAbsent(type, learned)).orElse(learned);
    }
    return type.cast(known);
  }

  /** The gates that lead into {@code view}, as written. */
  public List<Gate> gatesInto(View view) {
    return fact(GatesByView.class, GatesByView::learn)
        .byView()
        .getOrDefault(view.name(), List.of());
  }

  private record GatesByView(Map<String, List<Gate>> byView) {
    static GatesByView learn(Verification verification) {
      return new GatesByView(
          verification.policy().gates().stream().collect(Collectors.groupingBy(Gate::to)));
    }
  }

  /** {@link #each} view's findings, in the order of views. */
  public List<Finding> eachFinding(List<View> views, Function<View, List<Finding>> work) {
    return each(views, work).stream().flatMap(List::stream).toList();
  }

  /** Applies {@code work} to each item on the run's threads; results in the order of items. */
  public <T, R> List<R> each(List<T> items, Function<? super T, ? extends R> work) {
    List<ForkJoinTask<R>> tasks = new ArrayList<>();
    for (T item : items) {
      tasks.add(ForkJoinTask.adapt(() -> work.apply(item)));
    }
    if (ForkJoinTask.inForkJoinPool()) {
      return ForkJoinTask.invokeAll(tasks).stream().<R>map(ForkJoinTask::join).toList();
    }
    tasks.forEach(pool::execute);
    return tasks.stream().<R>map(ForkJoinTask::join).toList();
  }

  /**
   * Records that {@code rule}'s obligation {@code what} spoke of {@code count} more things (ranges,
   * frames, slots, landings). Zero means it held vacuously.
   */
  public void covers(RuleId rule, String what, long count) {
    coverage.merge(rule.id() + ": " + what, count, Long::sum);
  }

  /** What {@link #covers} recorded, by "rule: what". */
  public Map<String, Long> coverage() {
    return new TreeMap<>(coverage);
  }

  /** Evidence that rests on questions to the solver: one script that asks them in order. */
  public Evidence evidence(Stopwatch watch, String method, List<Query> queries) {
    return queries.isEmpty()
        ? watch.by(method)
        : Evidence.byScript(method, scripts.of(queries)::sha256, queries.size(), watch.millis());
  }

  /** The SMT-LIB scripts that evidence names. */
  public Scripts scripts() {
    return scripts;
  }

  /** Starts timing a piece of evidence. */
  public Stopwatch stopwatch() {
    return new Stopwatch(System.nanoTime());
  }

  /** Time since a piece of work began; the only clock, and it reaches {@link Evidence} only. */
  public record Stopwatch(long start) {

    public long millis() {
      return (System.nanoTime() - start) / 1_000_000;
    }

    /** Evidence by a method that asks no solver and leaves no witness. */
    public Evidence by(String method) {
      return new Evidence(method, Optional.empty(), Optional.empty(), 0, millis());
    }
  }
}

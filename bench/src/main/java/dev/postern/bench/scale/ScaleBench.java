package dev.postern.bench.scale;

import com.sun.management.OperatingSystemMXBean;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Report;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.gate.Landing;
import dev.postern.verifier.gate.LandingCheck;
import dev.postern.verifier.gate.LandingResult;
import dev.postern.verifier.gate.LandingSet;
import dev.postern.verifier.machine.AddressSpace;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Maps;
import dev.postern.verifier.map.Outcome;
import dev.postern.verifier.map.PairwiseOutcome;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.SliceAnswer;
import dev.postern.verifier.map.SliceProof;
import dev.postern.verifier.smt.Prover;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Measures and prints; of each series the least time counts, and ratios are of least times. Beside
 * the time by the clock stands the processor time of the whole process, which a machine with other
 * work to do stretches less.
 */
public final class ScaleBench {

  private static final int VIEWS = 511;

  private ScaleBench() {}

  /** {@code arguments}: the checkout; then which parts, all without any. */
  public static void main(String... arguments) {
    Path root = Path.of(arguments[0]);
    List<String> parts = List.of(arguments).subList(1, arguments.length);
    if (parts.isEmpty() || parts.contains("maps")) {
      maps();
      slices();
      pairwise();
    }
    if (parts.isEmpty() || parts.contains("landings")) {
      landings(root);
    }
    if (parts.isEmpty() || parts.contains("views")) {
      views();
    }
  }

  /** What a measured step returned, and the least times of its runs: by the clock, and used. */
  private record Timed<T>(T value, double millis, double used) {

    Timed<T> orLess(Timed<T> other) {
      return new Timed<>(value, Math.min(millis, other.millis), Math.min(used, other.used));
    }
  }

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private static <T> Timed<T> least(int runs, Supplier<T> step) {
    double least = Double.MAX_VALUE;
    double used = Double.MAX_VALUE;
    Optional<T> value = Optional.empty();
    for (int run = 0; run < runs; run++) {
      long start = System.nanoTime();
      long usedBefore = PROCESS.getProcessCpuTime();
      value = Optional.of(step.get());
      least = Math.min(least, (System.nanoTime() - start) / 1e6);
      used = Math.min(used, (PROCESS.getProcessCpuTime() - usedBefore) / 1e6);
    }
    return new Timed<>(value.orElseThrow(), least, used);
  }

  private static void print(String what, Timed<?> timed, String more) {
    System.out.printf(
        Locale.ROOT, "%-42s %9.1f ms, %9.1f used  %s%n", what, timed.millis(), timed.used(), more);
  }

  // ---- page maps

  /** What may be done with a range. */
  private enum Permission {
    READ,
    WRITE
  }

  private static final Question<Permission, Permission> WITHIN =
      new Question.Inclusion<>(
          "mapped-within-approved", (mapped, granted) -> mapped.compareTo(granted) <= 0);

  /** {@code n} ranges with gaps between, in random permissions; those of {@code seed}. */
  private static IntervalMap<Permission> fragmented(int n, long start, long seed) {
    Random random = new Random(seed);
    IntervalMap.Builder<Permission> map = IntervalMap.builder();
    long key = start;
    for (int i = 0; i < n; i++) {
      long count = random.nextLong(1, 9);
      map.addCount(key, count, random.nextBoolean() ? Permission.READ : Permission.WRITE);
      key += count + random.nextLong(1, 9);
    }
    return map.build().orThrow();
  }

  /** The same ranges, all writable. */
  private static IntervalMap<Permission> granting(IntervalMap<Permission> map, int except) {
    IntervalMap.Builder<Permission> all = IntervalMap.builder();
    for (int i = 0; i < map.size(); i++) {
      if (i != except) {
        all.add(map.first(i), map.last(i), Permission.WRITE);
      }
    }
    return all.build().orThrow();
  }

  private static void maps() {
    double before = 0;
    for (int n = 10; n <= 1_000_000; n *= 10) {
      int ranges = n;
      Timed<Outcome<Permission, Permission>> holds =
          least(
              n > 100_000 ? 3 : 20,
              () -> {
                IntervalMap<Permission> mapped = fragmented(ranges, 0, 7);
                return Maps.decide(WITHIN, mapped, granting(mapped, -1));
              });
      IntervalMap<Permission> mapped = fragmented(ranges, 0, 7);
      IntervalMap<Permission> short1 = granting(mapped, ranges - 1);
      Timed<Outcome<Permission, Permission>> violated =
          least(n > 100_000 ? 3 : 20, () -> Maps.decide(WITHIN, mapped, short1));
      if (!(holds.value() instanceof Outcome.Holds)
          || !(violated.value() instanceof Outcome.Violated)) {
        throw new IllegalStateException("wrong answer at " + n);
      }
      print(
          n + " ranges, built and decided",
          holds,
          "violated at the last: %.1f ms%s"
              .formatted(
                  violated.millis(),
                  before == 0 ? "" : ", %.1f times a tenth".formatted(holds.millis() / before)));
      before = holds.millis();
    }
  }

  private static void slices() {
    IntervalMap<Permission> mapped = fragmented(10_000, 0, 7);
    IntervalMap<Permission> granted = granting(mapped, -1);
    Timed<SliceAnswer> answer =
        least(
            2,
            () -> {
              try (Z3Solver solver = new Z3Solver(Z3Limits.DEFAULT)) {
                return SliceProof.of(WITHIN, mapped, granted, solver);
              }
            });
    print("10000 ranges, proof by SMT in slices", answer, answer.value() + ", goal 3000");
  }

  private static void pairwise() {
    List<IntervalMap<Permission>> views = new ArrayList<>();
    for (int view = 0; view < VIEWS; view++) {
      views.add(fragmented(10_000, 0x100_0000L * view, view));
    }
    Timed<PairwiseOutcome<Permission>> outcome =
        least(
            1,
            () ->
                Maps.pairwise(
                    "one-writer", views, (a, b) -> a == Permission.WRITE || b == Permission.WRITE));
    if (!(outcome.value() instanceof PairwiseOutcome.Holds)) {
      throw new IllegalStateException("wrong answer");
    }
    print("511 views of 10000 ranges, all pairs", outcome, "goal 10000");
  }

  // ---- landings

  private static void landings(Path root) {
    Policy policy = compile(root.resolve("examples/p1/p1.postern"), new DensePage());
    View view = policy.view("tx").orElseThrow();
    Vm vm = policy.vm("fw").orElseThrow();
    AddressSpace space = new AddressSpace(policy, view, vm);
    Replayer replayer = new Replayer(policy);
    List<Landing> landings =
        LandingSet.of(policy, view, vm).stream()
            .filter(landing -> landing.mapping().name().equals("body"))
            .toList();
    long[] asked = new long[1];
    Timed<Map<Verdict, Integer>> counted =
        least(
            1,
            () -> {
              Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);
              try (Prover prover = new Prover(() -> new Z3Solver(Z3Limits.DEFAULT))) {
                for (Landing landing : landings) {
                  LandingResult result =
                      LandingCheck.decide(policy, vm, landing, space, prover, replayer);
                  verdicts.merge(Verdict.of(result), 1, Integer::sum);
                }
                asked[0] = prover.statistics().solverCalls();
              }
              return verdicts;
            });
    print(
        landings.size() + " landings on a dense page, all modes",
        counted,
        "%s, %.2f solver calls an offset"
            .formatted(counted.value(), (double) asked[0] / landings.size()));
  }

  /** What a landing came to. */
  private enum Verdict {
    SAFE,
    UNSAFE,
    UNDECIDED;

    static Verdict of(LandingResult result) {
      return switch (result) {
        case LandingResult.Safe safe -> SAFE;
        case LandingResult.Unsafe unsafe -> UNSAFE;
        case LandingResult.Undecided undecided -> UNDECIDED;
      };
    }
  }

  // ---- views

  /** The largest number, on one thread and on two in turns, so that neither has the quiet hour. */
  private static void views() {
    Timed<Report> before = verified(manyViews(8), 1, 12);
    print("8 protected views, all rules, all pairs", before, before.value().outcome().toString());
    Timed<Report> some = verified(manyViews(64), 1, 6);
    print("64 protected views", some, growth(some, before, 64.0 / 8));
    Policy policy = manyViews(VIEWS);
    Timed<Report> one = verified(policy, 1, 1);
    Timed<Report> two = verified(policy, 2, 1);
    for (int turn = 0; turn < 3; turn++) {
      one = one.orLess(verified(policy, 1, 1));
      two = two.orLess(verified(policy, 2, 1));
    }
    print(VIEWS + " protected views", one, growth(one, some, VIEWS / 64.0));
    print(
        VIEWS + " views, --jobs 2",
        two,
        "%.2f times as fast as --jobs 1, goal 1.6".formatted(one.millis() / two.millis()));
  }

  private static String growth(Timed<Report> more, Timed<Report> less, double times) {
    return "%s, %.2f times the time, %.2f times the processor time for %.2f times the views"
        .formatted(
            more.value().outcome(),
            more.millis() / less.millis(),
            more.used() / less.used(),
            times);
  }

  private static Timed<Report> verified(Policy policy, int jobs, int runs) {
    Options options = new Options(Options.DEFAULT.rules(), Options.DEFAULT.timeout(), jobs);
    return least(runs, () -> Verifier.verify(policy, options));
  }

  private static Policy manyViews(int number) {
    Bytes text = Bytes.of(ManyViews.policy(number).getBytes(StandardCharsets.UTF_8));
    return compile(
        Path.of("many-views.postern"), (path, limit) -> new SourceReader.Answer.Found(text));
  }

  private static Policy compile(Path file, SourceReader reader) {
    var compilation = PolicyCompiler.compile(file, reader);
    return compilation
        .policy()
        .orElseThrow(() -> new IllegalStateException(compilation.diagnostics().toString()));
  }
}

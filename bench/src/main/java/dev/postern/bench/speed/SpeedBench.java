package dev.postern.bench.speed;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.dsl.SourceReader;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.x86.VmfuncScanner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Measures and prints. Processes are measured in rounds that take turns, so that a machine that
 * slows down slows all of them; of every series the least and the median are shown, and ratios are
 * of the least.
 */
public final class SpeedBench {

  private static final int ROUNDS = 11;
  private static final int WARM_RUNS = 60;
  private static final int SCAN_MEGABYTES = 64;
  private static final byte[] VMFUNC = {0x0f, 0x01, (byte) 0xd4};

  /** The rules that read code. */
  private static final Set<RuleId> CODE =
      EnumSet.of(
          RuleId.VMFUNC_CONFINED,
          RuleId.LANDING_SAFE,
          RuleId.ENTRY_STATE,
          RuleId.EXIT_SCRUBBED,
          RuleId.CODE_CONTAINED,
          RuleId.ACCESSES_IN_WINDOWS,
          RuleId.BOUNDED,
          RuleId.SPECULATION,
          RuleId.GATE_LIVE);

  private SpeedBench() {}

  /** {@code arguments}: the checkout, and the class path the bare JVM gets. */
  public static void main(String... arguments) throws IOException, InterruptedException {
    Path root = Path.of(arguments[0]);
    processes(root, arguments[1]);
    warm(root);
    series(root, "independent branches", Body::branches, 4, 8, 16, 32, 64, 128, 256);
    series(root, "branches with stack memory and calls", Body::calls, 8, 16, 32, 64, 128, 256);
    series(root, "rounds of a loop", Body::loop, 8, 64, 512);
    scan();
  }

  private static void processes(Path root, String classPath)
      throws IOException, InterruptedException {
    List<String> bare =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            BareSolver.class.getName());
    List<String> verify = verify(root, "examples/vhost-tx/fw-to-nat.postern");
    List<String> compiled = verify(root, "examples/vhost-tx-c/gcc-O2.postern");
    List<Double> bareMillis = new ArrayList<>();
    List<Double> verifyMillis = new ArrayList<>();
    List<Double> compiledMillis = new ArrayList<>();
    for (int round = -1; round < ROUNDS; round++) {
      double one = run(bare);
      double other = run(verify);
      double third = run(compiled);
      if (round >= 0) {
        bareMillis.add(one);
        verifyMillis.add(other);
        compiledMillis.add(third);
      }
    }
    print("bare JVM, Z3, one query", bareMillis);
    print("postern verify, cold", verifyMillis);
    ratio(verifyMillis, bareMillis, "1.5");
    print("the same of compiled C", compiledMillis);
    ratio(compiledMillis, bareMillis, "3");
  }

  private static List<String> verify(Path root, String policy) {
    return List.of(root.resolve("postern").toString(), "verify", root.resolve(policy).toString());
  }

  private static void ratio(List<Double> millis, List<Double> bare, String goal) {
    System.out.printf(
        Locale.ROOT,
        "%-36s %8.2f   goal %s%n",
        "ratio",
        Collections.min(millis) / Collections.min(bare),
        goal);
  }

  private static double run(List<String> command) throws IOException, InterruptedException {
    long start = System.nanoTime();
    int status =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start()
            .waitFor();
    if (status != 0) {
      throw new IllegalStateException("status " + status + " of " + command);
    }
    return (System.nanoTime() - start) / 1e6;
  }

  private static void warm(Path root) {
    warm("example", " (goal 40)", root.resolve("examples/vhost-tx/fw-to-nat.postern"));
    warm("compiled C", "", root.resolve("examples/vhost-tx-c/gcc-O2.postern"));
  }

  private static void warm(String what, String goal, Path file) {
    Policy policy = compile(file, SourceReader.FILES);
    List<Double> code = new ArrayList<>();
    List<Double> all = new ArrayList<>();
    Report report = Verifier.verify(policy, Options.DEFAULT);
    for (int run = 0; run < WARM_RUNS; run++) {
      code.add(millis(() -> Verifier.verify(policy, Options.DEFAULT.withRules(CODE))));
      all.add(millis(() -> Verifier.verify(policy, Options.DEFAULT)));
    }
    print(what + ", warm, code proof" + goal, code);
    print(what + ", warm, all rules", all);
    int queries =
        report.findings().stream()
            .map(Finding::evidence)
            .mapToInt(evidence -> evidence.map(e -> e.queries()).orElse(0))
            .sum();
    System.out.printf(
        Locale.ROOT, "%-36s %8d   %s%n", "queries put to the prover", queries, report.outcome());
  }

  private static double millis(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e6;
  }

  /** One size of a series. */
  private record Sized(int size, Policy policy, List<Double> millis) {}

  /** Sizes take turns, and the largest runs first, so that no size pays for the compiler. */
  private static void series(Path root, String what, IntFunction<Body> body, int... sizes) {
    List<Sized> series = new ArrayList<>();
    for (int size : sizes) {
      Policy policy = compile(root.resolve("examples/p1/p1.postern"), body.apply(size));
      series.add(new Sized(size, policy, new ArrayList<>()));
    }
    for (int warmUp = 0; warmUp < 3; warmUp++) {
      Verifier.verify(series.getLast().policy, Options.DEFAULT);
    }
    for (int run = 0; run < 15; run++) {
      for (Sized one : series) {
        one.millis.add(millis(() -> Verifier.verify(one.policy, Options.DEFAULT)));
      }
    }
    double before = 0;
    int smaller = 0;
    for (Sized one : series) {
      Report report = Verifier.verify(one.policy, Options.DEFAULT);
      double least = Collections.min(one.millis);
      System.out.printf(
          Locale.ROOT,
          "%-36s %8.1f ms %s%s%n",
          one.size + " " + what,
          least,
          report.outcome(),
          before == 0
              ? ""
              : String.format(Locale.ROOT, ", %.2f times as long as %d", least / before, smaller));
      before = least;
      smaller = one.size;
    }
  }

  private static Policy compile(Path file, SourceReader reader) {
    var compilation = PolicyCompiler.compile(file, reader);
    return compilation
        .policy()
        .orElseThrow(() -> new IllegalStateException(compilation.diagnostics().toString()));
  }

  private static void scan() {
    byte[] page = new byte[4096];
    new Random(1).nextBytes(page);
    int last = page.length - VMFUNC.length;
    System.arraycopy(VMFUNC, 0, page, 0, VMFUNC.length);
    System.arraycopy(VMFUNC, 0, page, last, VMFUNC.length);
    int pages = SCAN_MEGABYTES << 8;
    List<Double> rates = new ArrayList<>();
    long found = 0;
    for (int run = 0; run < 12; run++) {
      long start = System.nanoTime();
      for (int i = 0; i < pages; i++) {
        page[VMFUNC.length + i % (last - VMFUNC.length)]++;
        found += VmfuncScanner.sites(page).length;
      }
      rates.add(pages * 4096.0 / (System.nanoTime() - start));
    }
    System.out.printf(
        Locale.ROOT,
        "%-36s %8.2f GB/s, goal 5 (%d sites)%n",
        "VMFUNC scan, pages in cache",
        Collections.max(rates),
        found);
  }

  private static void print(String what, List<Double> millis) {
    double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    System.out.printf(
        Locale.ROOT,
        "%-36s %8.1f ms least, %.1f ms median%n",
        what,
        sorted[0],
        sorted[sorted.length / 2]);
  }
}

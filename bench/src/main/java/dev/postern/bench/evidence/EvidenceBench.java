package dev.postern.bench.evidence;

import dev.postern.checker.Check;
import dev.postern.checker.Checker;
import dev.postern.checker.MapClaim;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.evidence.Audit;
import dev.postern.verifier.evidence.Auditor;
import dev.postern.verifier.evidence.Claim;
import dev.postern.verifier.evidence.EvidenceCache;
import dev.postern.verifier.evidence.EvidenceMaker;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Maps;
import dev.postern.verifier.map.Outcome;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Witness;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermStore;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Measures and prints; where a step is run several times, the least time counts. */
public final class EvidenceBench {

  private static final List<String> EXAMPLES =
      List.of(
          "p1/p1",
          "vhost-tx/fw-to-nat",
          "vhost-rx/nat-from-fw",
          "service-chain/chain",
          "monitor/monitor",
          "doorbell/doorbell",
          "trusted-library/trusted-library",
          "user-gate/user-gate",
          "vhost-tx-c/gcc-O1",
          "vhost-tx-c/gcc-O2",
          "vhost-tx-c/clang-O2");

  private static final int RANGES = Integer.getInteger("postern.ranges", 10_000);

  private EvidenceBench() {}

  /** {@code arguments}: the checkout; then which parts, all without any. */
  public static void main(String... arguments) throws Exception {
    Path root = Path.of(arguments[0]);
    List<String> parts = List.of(arguments).subList(1, arguments.length);
    if (parts.isEmpty() || parts.contains("bundles")) {
      for (String example : EXAMPLES) {
        bundle(example, compile(root, example, SourceReader.FILES), 5);
      }
    }
    if (parts.isEmpty() || parts.contains("ranges")) {
      bundle(
          "vhost-tx, " + RANGES + " ranges",
          compile(root, "vhost-tx/fw-to-nat", new ManyRanges(RANGES)),
          20);
    }
    if (parts.isEmpty() || parts.contains("edit")) {
      edit();
    }
    if (parts.isEmpty() || parts.contains("cache")) {
      cache(root);
    }
    if (parts.isEmpty() || parts.contains("memory")) {
      memory();
    }
  }

  private static Policy compile(Path root, String example, SourceReader reader) {
    var compilation =
        PolicyCompiler.compile(root.resolve("examples/" + example + ".postern"), reader);
    return compilation
        .policy()
        .orElseThrow(() -> new IllegalStateException(compilation.diagnostics().toString()));
  }

  // ---- bundles

  private static SortedMap<String, Bytes> evidence(Verifier.Verified run, EvidenceMaker.Made made) {
    if (!made.missing().isEmpty()) {
      throw new IllegalStateException("no evidence for " + made.missing());
    }
    SortedMap<String, Bytes> files = new TreeMap<>(made.files());
    run.scripts()
        .forEach((digest, text) ->
            files.put(digest + ".smt2", Bytes.of(text.getBytes(StandardCharsets.UTF_8))));
    return files;
  }

  private static void bundle(String name, Policy policy, int runs) {
    long start = System.nanoTime();
    Verifier.Verified run = Verifier.run(policy, Options.DEFAULT);
    double verify = since(start);
    if (run.report().outcome() != Verdict.PROVED) {
      throw new IllegalStateException(name + ": " + run.report().outcome());
    }
    start = System.nanoTime();
    EvidenceMaker.Made made = EvidenceMaker.make(policy, run, EvidenceCache.NONE);
    double make = since(start);
    SortedMap<String, Bytes> files = evidence(run, made);
    double audit = Double.MAX_VALUE;
    double checker = Double.MAX_VALUE;
    double maps = Double.MAX_VALUE;
    for (int i = 0; i < runs; i++) {
      start = System.nanoTime();
      Audit result = Auditor.audit(policy, run.report(), files, Options.DEFAULT);
      audit = Math.min(audit, since(start));
      if (!result.stands()) {
        throw new IllegalStateException(name + ": " + result.objections());
      }
      checker = Math.min(checker, result.checkerNanos() / 1e6);
      maps =
          Math.min(
              maps,
              result.nanos().entrySet().stream()
                      .filter(file -> file.getKey().endsWith(".witness"))
                      .mapToLong(Map.Entry::getValue)
                      .sum()
                  / 1e6);
    }
    long bytes = files.values().stream().mapToLong(Bytes::size).sum();
    System.out.printf(
        Locale.ROOT,
        "%-34s %9d bytes; verify %8.1f ms, evidence %8.1f ms; audit %8.1f ms, checker %7.2f ms, its maps %6.2f ms; %s%n",
        name,
        bytes,
        verify,
        make,
        audit,
        checker,
        maps,
        kinds(run.report().findings()));
  }

  /** By what findings are shown. */
  private static Map<String, Integer> kinds(List<Finding> findings) {
    Map<String, Integer> kinds = new TreeMap<>();
    for (Finding finding : findings) {
      kinds.merge(
          finding
              .evidence()
              .map(e ->
                  e.smt2().isPresent() ? "proof" : e.witness().isPresent() ? "witness" : e.method())
              .orElse("derived"),
          1,
          Integer::sum);
    }
    return kinds;
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  // ---- an edit

  private static final int MILLION = 1_000_000;

  private static final Question<String, String> WITHIN =
      new Question.Inclusion<>("mapped-within-approved", String::equals);

  /** A million ranges of half their places: 16 keys apart, 8 keys long. */
  private static IntervalMap<String> million() {
    IntervalMap.Builder<String> map = IntervalMap.builder();
    for (int i = 0; i < MILLION; i++) {
      map.add(16L * i, 16L * i + 7, "rw");
    }
    return map.build().orThrow();
  }

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** How long the steps of one edit took by the clock, and the processor time of all. */
  private record Edit(double edited, double decided, double shown, double used) {

    double all() {
      return edited + decided + shown;
    }

    static Edit of(IntervalMap<String> mapped, IntervalMap<String> approved, int range) {
      long usedBefore = THREADS.getCurrentThreadCpuTime();
      long start = System.nanoTime();
      IntervalMap<String> edit = mapped.without(16L * range + 7, 16L * range + 7);
      double edited = since(start);
      start = System.nanoTime();
      Witness witness = witness(edit, approved);
      double decided = since(start);
      start = System.nanoTime();
      Claim claim = Claim.Maps.of(WITHIN, edit, approved, witness);
      if (!claim.file().endsWith(".witness")) {
        throw new IllegalStateException(claim.file());
      }
      double shown = since(start);
      double used = (THREADS.getCurrentThreadCpuTime() - usedBefore) / 1e6;
      return new Edit(edited, decided, shown, used);
    }
  }

  private static Witness witness(IntervalMap<String> mapped, IntervalMap<String> approved) {
    return switch (Maps.decide(WITHIN, mapped, approved)) {
      case Outcome.Holds<String, String>(Witness witness) -> witness;
      case Outcome.Violated<String, String> violated ->
          throw new IllegalStateException("wrong answer: " + violated);
    };
  }

  /**
   * A million ranges within a million, and each time one of the ranges, another one each time, made
   * a key shorter: the new map, the answer with its witness, and claim and evidence as a bundle has
   * them. That the evidence is what it would be from scratch, and passes the checker, is looked at
   * afterwards.
   */
  private static void edit() {
    IntervalMap<String> approved = million();
    IntervalMap<String> mapped = million();
    double first = Double.MAX_VALUE;
    for (int run = 0; run < 3; run++) {
      long start = System.nanoTime();
      IntervalMap<String> again = million();
      Claim.Maps.of(WITHIN, again, approved, witness(again, approved)).file();
      first = Math.min(first, since(start));
    }
    Claim.Maps.of(WITHIN, mapped, approved, witness(mapped, approved)).file();
    Random random = new Random(11);
    Edit least = Edit.of(mapped, approved, 0);
    List<Double> all = new ArrayList<>();
    List<Double> used = new ArrayList<>();
    for (int run = 0; run < 200; run++) {
      Edit edit = Edit.of(mapped, approved, random.nextInt(MILLION));
      all.add(edit.all());
      used.add(edit.used());
      least = edit.all() < least.all() ? edit : least;
    }
    all.sort(null);
    used.sort(null);
    System.out.printf(
        Locale.ROOT,
        "one range of %d edited: %.2f ms (map %.2f, decided with witness %.2f, evidence %.2f),"
            + " half within %.2f, in processor time %.2f; goal 5; all from scratch %.1f ms%n",
        MILLION,
        least.all(),
        least.edited(),
        least.decided(),
        least.shown(),
        all.get(all.size() / 2),
        used.get(used.size() / 2),
        first);
    long at = 16L * (MILLION / 2) + 7;
    IntervalMap<String> edited = mapped.without(at, at);
    IntervalMap.Builder<String> anew = IntervalMap.builder();
    edited.ranges().forEach(range -> anew.add(range.first(), range.last(), range.value()));
    IntervalMap<String> built = anew.build().orThrow();
    Claim.Maps claim = Claim.Maps.of(WITHIN, edited, approved, witness(edited, approved));
    Claim.Maps other = Claim.Maps.of(WITHIN, built, million(), witness(built, approved));
    if (!claim.file().equals(other.file()) || !claim.witness().equals(other.witness())) {
      throw new IllegalStateException("an edit leaves other evidence than a map from scratch");
    }
    double check = Double.MAX_VALUE;
    for (int run = 0; run < 5; run++) {
      Claim.Maps fresh = Claim.Maps.of(WITHIN, million(), million(), witness(mapped, approved));
      long start = System.nanoTime();
      if (!(fresh.check(fresh.witness()) instanceof Check.Accepted)
          || !(claim.check(claim.witness()) instanceof Check.Accepted)) {
        throw new IllegalStateException("refused");
      }
      check = Math.min(check, since(start));
    }
    System.out.printf(
        Locale.ROOT,
        "its evidence, %d bytes, the same as from scratch; checked as a whole twice in %.1f ms%n",
        claim.witness().size(),
        check);
  }

  // ---- a change

  private static final class Memory implements EvidenceCache {
    private final Map<String, Bytes> files = new HashMap<>();

    @Override
    public Optional<Bytes> get(String file) {
      return Optional.ofNullable(files.get(file));
    }

    @Override
    public void put(String file, Bytes evidence) {
      files.put(file, evidence);
    }
  }

  /** The C example with one line changed, and with one line of its policy changed. */
  private static void cache(Path root) throws IOException, InterruptedException {
    Memory cache = new Memory();
    Policy before = compile(root, "vhost-tx-c/gcc-O2", SourceReader.FILES);
    EvidenceMaker.make(before, Verifier.run(before, Options.DEFAULT), cache);
    changed(
        "policy: at most 4095 instructions",
        compile(root, "vhost-tx-c/gcc-O2", replacing("at most 4096 instr", "at most 4095 instr")),
        cache);
    Path work = Files.createTempDirectory("evidence");
    try {
      Path example = root.resolve("examples/vhost-tx-c");
      for (String name : List.of("vhost_tx.c", "gate.S", "build.sh")) {
        Files.copy(example.resolve(name), work.resolve(name));
      }
      String c = Files.readString(work.resolve("vhost_tx.c"));
      String line = "#define MIN_PACKET  ";
      Files.writeString(work.resolve("vhost_tx.c"), c.replace(line + "12u", line + "16u"));
      Process build =
          new ProcessBuilder("sh", work.resolve("build.sh").toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (build.waitFor() != 0) {
        System.out.println("SKIPPED: a line of C changed: the compilers are not installed");
        return;
      }
      Path object = work.resolve("gcc-O2.o");
      changed(
          "C: one line",
          compile(
              root,
              "vhost-tx-c/gcc-O2",
              (path, limit) ->
                  SourceReader.FILES.read(path.endsWith("gcc-O2.o") ? object : path, limit)),
          cache);
    } finally {
      try (var files = Files.walk(work)) {
        for (Path file : files.toList().reversed()) {
          Files.delete(file);
        }
      }
    }
  }

  private static SourceReader replacing(String from, String to) {
    return (path, limit) -> {
      SourceReader.Answer answer = SourceReader.FILES.read(path, limit);
      return path.toString().endsWith(".postern")
              && answer instanceof SourceReader.Answer.Found(Bytes text)
          ? new SourceReader.Answer.Found(
              Bytes.of(
                  new String(text.toArray(), StandardCharsets.UTF_8)
                      .replace(from, to)
                      .getBytes(StandardCharsets.UTF_8)))
          : answer;
    };
  }

  private static void changed(String what, Policy policy, Memory cache) {
    Memory copy = new Memory();
    copy.files.putAll(cache.files);
    Verifier.Verified run = Verifier.run(policy, Options.DEFAULT);
    EvidenceMaker.Made made = EvidenceMaker.make(policy, run, copy);
    long pieces =
        made.files().keySet().stream().filter(n -> n.matches(".*\\.(proof|witness|sites)")).count();
    System.out.printf(
        Locale.ROOT,
        "%s: %s; %d of %d pieces of evidence found before, %.0f %%; goal 90 %%%n",
        what,
        run.report().outcome(),
        made.reused(),
        pieces,
        100.0 * made.reused() / pieces);
  }

  // ---- memory

  private static final int OBLIGATIONS = Integer.getInteger("postern.obligations", 1_000_000);
  private static final int BATCH = 500;
  private static final int FIRST = 10_000;

  /**
   * Questions of the kinds there are: a bound that wraps or does not, put to Z3 in batches; each
   * refuted again by a proof that the checker judges; and a small claim about maps.
   */
  private static void memory() throws IOException {
    Random random = new Random(1);
    long first = 0;
    long last = 0;
    long start = System.nanoTime();
    try (Z3Solver z3 = new Z3Solver(Z3Limits.DEFAULT)) {
      for (int done = 0; done < OBLIGATIONS; ) {
        List<Query> batch = new ArrayList<>();
        TermStore store = new TermStore();
        for (int i = 0; i < BATCH; i++) {
          batch.add(bound(store, random));
        }
        for (Answer answer : z3.solveEach(batch)) {
          if (!(answer instanceof Answer.Unsat)) {
            throw new IllegalStateException("wrong answer: " + answer);
          }
        }
        batch.forEach(EvidenceBench::refute);
        map(random);
        done += BATCH;
        if (done == FIRST) {
          first = resident();
        }
        if (done % (OBLIGATIONS / 10) == 0) {
          last = resident();
          System.out.printf(
              Locale.ROOT,
              "%8d obligations, %5.0f s: %d KiB resident, %+.1f %% of after %d%n",
              done,
              since(start) / 1e3,
              last,
              100.0 * (last - first) / first,
              FIRST);
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%d obligations: resident memory %+.1f %%; goal 5 %%%n",
        OBLIGATIONS,
        100.0 * (last - first) / first);
  }

  /** x < n implies x + m >= m, where nothing wraps. */
  private static Query bound(TermStore t, Random random) {
    Term x = t.variable("x", 32);
    Term n = t.constant(32, random.nextInt(1, 1 << 20));
    Term m = t.constant(32, random.nextInt(1, 1 << 20));
    return Query.of("", t.ult(x, n), t.ult(t.add(x, m), m));
  }

  private static void refute(Query query) {
    Bytes script =
        Bytes.of(dev.postern.verifier.smt.SmtLib.script(query).getBytes(StandardCharsets.UTF_8));
    Bytes proof =
        EvidenceMaker.refute(script).orElseThrow(() -> new IllegalStateException("gave up"));
    if (!(Checker.proof(script.toArray(), proof.toArray()) instanceof Check.Accepted)) {
      throw new IllegalStateException("refused");
    }
  }

  private static void map(Random random) {
    long at = random.nextLong(1 << 20);
    MapClaim.Ranges map =
        new MapClaim.Ranges("map", new long[] {at}, new long[] {at + 7}, new int[] {0});
    MapClaim claim = new MapClaim("claim", false, true, List.of(map, map), MapClaim.pair(0, 0));
    byte[] header = Checker.header(Checker.WITNESS, claim.digest());
    byte[] witness = java.util.Arrays.copyOf(header, header.length + 1);
    if (!(Checker.witness(claim, witness) instanceof Check.Accepted)) {
      throw new IllegalStateException("refused");
    }
  }

  private static long resident() throws IOException {
    System.gc();
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }
}

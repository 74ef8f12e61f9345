package dev.postern.bench.ratio;

import com.sun.management.OperatingSystemMXBean;
import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Verifies policies by the rules of the first issue; prints for each the least time of its runs.
 */
public final class FirstRules {

  private static final int WARM_UP = 50;
  private static final int RUNS = 100;

  private static final Set<RuleId> RULES =
      EnumSet.of(
          RuleId.EPT_WELL_FORMED,
          RuleId.EPTP_LIST_EXACT,
          RuleId.DESTINATION_APPROVED,
          RuleId.WINDOWS_NOT_EXECUTABLE,
          RuleId.FRAMES_WRITE_XOR_EXECUTE,
          RuleId.NO_FOREIGN_WRITER,
          RuleId.CONTROL_FRAMES_UNREACHABLE,
          RuleId.PRIVATE_STATE_PRIVATE,
          RuleId.VMFUNC_CONFINED,
          RuleId.LOCK_SUFFICIENT,
          RuleId.LANDING_SAFE,
          RuleId.EXIT_SCRUBBED,
          RuleId.GATE_LIVE);

  private FirstRules() {}

  /** {@code arguments}: the checkout whose examples are verified. */
  public static void main(String... arguments) {
    OperatingSystemMXBean process =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    for (String example : List.of("p1/p1.postern", "vhost-tx/fw-to-nat.postern")) {
      Path file = Path.of(arguments[0], "examples").resolve(example);
      Policy policy = PolicyCompiler.compile(file).policy().orElseThrow();
      Options options = Options.DEFAULT.withRules(RULES);
      double least = Double.MAX_VALUE;
      double used = 0;
      for (int run = -WARM_UP; run < RUNS; run++) {
        long start = System.nanoTime();
        long usedBefore = process.getProcessCpuTime();
        Verdict outcome = Verifier.verify(policy, options).outcome();
        if (outcome != Verdict.PROVED) {
          throw new IllegalStateException(example + " is " + outcome);
        }
        if (run >= 0) {
          least = Math.min(least, (System.nanoTime() - start) / 1e6);
          used += (process.getProcessCpuTime() - usedBefore) / 1e6 / RUNS;
        }
      }
      System.out.printf(Locale.ROOT, "%s %.2f %.2f%n", example, least, used);
    }
  }
}

package dev.postern.cli;

import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.silicon.Emulator;
import dev.postern.silicon.Reproduction;
import dev.postern.silicon.SiliconException;
import dev.postern.verifier.report.Layout;
import java.io.IOException;
import java.util.List;

/** {@code postern replay --silicon}: the counterexamples of a report on an emulated processor. */
final class SiliconReplay {

  private SiliconReplay() {}

  /**
   * {@code UNKNOWN} if one was not executed or none was, {@code REFUTED} if one did not succeed.
   */
  static ExitStatus run(Policy policy, List<Finding> attacks, Terminal out)
      throws Failure, IOException {
    if (!Emulator.available()) {
      throw new Failure(
          ExitStatus.ENVIRONMENT,
          "replay --silicon runs Bochs, which is not installed; hint: apt-get install bochs"
              + " bochs-term bochsbios vgabios gcc make");
    }
    List<Counterexample> counterexamples =
        attacks.stream().flatMap(finding -> finding.counterexample().stream()).toList();
    List<Reproduction.Result> results;
    try {
      results = Reproduction.of(policy, counterexamples);
    } catch (SiliconException e) {
      out.line("not executed: " + e.reason());
      return ExitStatus.UNKNOWN;
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("not a counterexample: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitStatus.ENVIRONMENT, "interrupted");
    }
    out.line("processor: Bochs, model " + Emulator.MODEL);
    ExitStatus worst = ExitStatus.OK;
    int executed = 0;
    for (int i = 0; i < results.size(); i++) {
      Finding finding = attacks.get(i);
      out.line(finding.rule() + ": " + Layout.visible(finding.subject()));
      switch (results.get(i)) {
        case Reproduction.Result.Executed(boolean succeeded, String text) -> {
          executed++;
          say(out, text);
          out.line(succeeded ? "  executed: the attack succeeds" : "  executed: no attack is seen");
          worst = worst.worst(succeeded ? ExitStatus.OK : ExitStatus.REFUTED);
        }
        case Reproduction.Result.NotExecuted(String reason) -> {
          say(out, "not executed: " + reason);
          worst = worst.worst(ExitStatus.UNKNOWN);
        }
        case Reproduction.Result.Fact() ->
            say(out, "a fact of the policy's own words: there is nothing to execute");
      }
    }
    out.line(executed + " of " + results.size() + " counterexamples executed");
    return executed == 0 ? worst.worst(ExitStatus.UNKNOWN) : worst;
  }

  private static void say(Terminal out, String text) throws Failure {
    for (String line : Layout.wrap(Layout.visible(text), Terminal.WIDTH - 2)) {
      out.line("  " + line);
    }
  }
}

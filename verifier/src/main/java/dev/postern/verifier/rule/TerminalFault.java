package dev.postern.verifier.rule;

import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.PlatformStatement;
import dev.postern.verifier.access.Replay;
import java.util.List;
import java.util.Optional;

/**
 * O-68, the part of rule {@code speculation} that needs no code: VMFUNC is no VM entry, so nothing
 * flushes the L1 cache between a protected view and the guest's own.
 */
final class TerminalFault {

  private TerminalFault() {}

  static Finding of(Verification run, View view) {
    Verification.Stopwatch watch = run.stopwatch();
    Obligation obligation =
        new Obligation(
            RuleId.SPECULATION,
            List.of("O-68"),
            view.name(),
            "l1 terminal fault",
            Optional.of(run.policy().cpu().at()));
    return switch (run.policy().cpu().l1tf()) {
      case NOT_AFFECTED ->
          obligation.proved(
              "the processor is not affected by L1 terminal fault", watch.by("enumeration"));
      case AFFECTED -> {
        String attack =
            "the guest's kernel writes a non-present entry with the host-physical address of a"
                + " destination's line and reads it out of the L1 cache by speculation";
        yield obligation.refuted(
            attack,
            Replay.statement(run.policy(), attack, new PlatformStatement.TerminalFault()),
            watch.by("enumeration"));
      }
    };
  }
}

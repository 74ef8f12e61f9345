package dev.postern.cli;

import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.model.Policy;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Finding;
import dev.postern.model.report.ReportJson;
import dev.postern.verifier.concrete.Replayer;
import dev.postern.verifier.report.CounterexampleText;
import dev.postern.verifier.report.Excerpts;
import dev.postern.verifier.report.Layout;
import dev.postern.verifier.report.Presentation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern replay}. */
@CommandLine.Command(
    name = "replay",
    header = "Runs the counterexamples of a report on the concrete machine, step by step.",
    description = {
      "Ends with 0 if each shows its violation again, and with 1 if one does not.",
      "",
      "With --silicon they run on an emulated Intel processor with EPT and VMFUNC (Bochs), from the "
          + "image a host would install: with 0 if each that is a run succeeds, with 1 if one does "
          + "not, with 3 if one cannot run there, or none does; why is said."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern replay report.json",
      "  postern replay --silicon report.json",
      "  postern verify bad.postern --format json --out report.json"
    })
final class ReplayCommand extends Command {

  @Parameters(paramLabel = "REPORT", description = "a report written by verify --format json")
  private Path file = Path.of("");

  @Option(names = "--silicon", description = "run them on an emulated processor (needs bochs)")
  private boolean silicon;

  ReplayCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    ReportJson.ReportFile read = read();
    List<Finding> attacks =
        read.report().findings().stream()
            .filter(finding -> finding.counterexample().isPresent())
            .toList();
    if (attacks.isEmpty()) {
      out.line("no counterexample in this report");
      return ExitStatus.OK;
    }
    Policy policy =
        read.policy()
            .orElseThrow(() -> Failure.badInput(file + ": the report does not carry its policy"));
    if (silicon) {
      return SiliconReplay.run(policy, attacks, out);
    }
    Replayer replayer = new Replayer(policy);
    ExitStatus worst = ExitStatus.OK;
    for (Finding finding : attacks) {
      worst = worst.worst(replay(finding, finding.counterexample().orElseThrow(), replayer, out));
    }
    return worst;
  }

  private ReportJson.ReportFile read() throws Failure, IOException {
    if (!Files.isRegularFile(file) || Files.size(file) > JsonLimits.DEFAULT.bytes()) {
      throw Failure.badInput(
          file + ": not a file of at most " + JsonLimits.DEFAULT.bytes() + " bytes");
    }
    try {
      return ReportJson.read(JsonReader.parse(Files.readAllBytes(file), JsonLimits.DEFAULT));
    } catch (JsonException e) {
      throw Failure.badInput(file + ": not a report: " + e.getMessage());
    }
  }

  private static ExitStatus replay(
      Finding finding, Counterexample attack, Replayer replayer, Terminal out) throws Failure {
    Replayer.Replay replay;
    try {
      replay = replayer.replay(attack);
    } catch (IllegalArgumentException e) {
      throw Failure.badInput(finding.rule() + ": not a counterexample: " + e.getMessage());
    }
    out.line(finding.rule() + ": " + Layout.visible(finding.subject()));
    out.print(
        CounterexampleText.of(
            attack.withTrace(replay.trace()),
            Presentation.plain(Excerpts.NONE).coloured(out.colour())));
    for (String line : Layout.wrap(Layout.visible(replay.observation()), Terminal.WIDTH - 2)) {
      out.line("  " + line);
    }
    out.line(replay.confirmed() ? "  replayed: the violation is shown" : "  does not replay");
    return replay.confirmed() ? ExitStatus.OK : ExitStatus.REFUTED;
  }
}

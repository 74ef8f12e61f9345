package dev.postern.cli;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.model.RuleId;
import dev.postern.verifier.rule.Rule;
import dev.postern.verifier.rule.Rules;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code postern explain}. */
@CommandLine.Command(
    name = "explain",
    header = "Says what a rule proves, the attack it excludes and what it assumes.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern explain landing-safe", "  postern explain list"})
final class ExplainCommand extends Command {

  @Parameters(
      paramLabel = "RULE|CODE",
      description = "a rule id or a diagnostic's code, or list for all of them")
  private String subject = "";

  ExplainCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure {
    if (subject.equals("list")) {
      for (RuleId id : RuleId.values()) {
        out.line(Paragraphs.row(id.id(), 28, level(id) + state(id)));
      }
      for (Code code : Code.values()) {
        out.line(Paragraphs.row(code.id(), 28, code.summary()));
      }
      return ExitStatus.OK;
    }
    Optional<Code> code =
        Arrays.stream(Code.values()).filter(known -> known.id().equals(subject)).findFirst();
    if (code.isPresent()) {
      out.line(code.get().id());
      out.line(Paragraphs.row("  says", 14, code.get().summary()));
      out.line(Paragraphs.row("  shown by", 14, "postern check, with the place and a hint"));
      return ExitStatus.OK;
    }
    Optional<RuleId> id = RuleId.of(subject);
    if (id.isEmpty()) {
      throw Failure.badInput(
          "no rule or diagnostic is called '" + subject + "'; hint: postern explain list");
    }
    explain(id.get(), out);
    return ExitStatus.OK;
  }

  private static void explain(RuleId id, Terminal out) throws Failure {
    out.line(id.id());
    out.line(Paragraphs.row("  serves", 14, level(id)));
    if (!id.discharges().isEmpty()) {
      out.line(Paragraphs.row("  discharges", 14, String.join(" ", id.discharges())));
    }
    Optional<Rule> rule = Rules.of(id);
    if (rule.isEmpty()) {
      out.line(Paragraphs.row("  state", 14, "not in this build" + consequence(id)));
      return;
    }
    out.line(Paragraphs.row("  statement", 14, rule.get().statement()));
    out.line(Paragraphs.row("  excludes", 14, rule.get().attack()));
    List<String> assumptions = rule.get().assumptions();
    out.line(
        Paragraphs.row(
            "  assumes", 14, assumptions.isEmpty() ? "nothing" : String.join(" ", assumptions)));
    out.line(Paragraphs.row("  try", 14, "postern verify POLICY --rule " + id));
  }

  private static String level(RuleId id) {
    return id.level().name().toLowerCase(Locale.ROOT);
  }

  private static String state(RuleId id) {
    return Rules.of(id).isPresent() ? "" : ", not in this build";
  }

  private static String consequence(RuleId id) {
    return Rules.CATALOGUE.contains(id)
        ? ": a run without --rule ends unknown until it is"
        : ": it is decided when a bundle is loaded";
  }
}

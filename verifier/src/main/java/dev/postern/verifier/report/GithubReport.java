package dev.postern.verifier.report;

import dev.postern.model.Location;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Verdict;
import java.util.ArrayList;
import java.util.List;

/**
 * Workflow commands that GitHub shows beside the lines of a change. It keeps ten errors and ten
 * warnings a step and drops the rest without a word; so the worst come first, and a notice, which
 * is counted apart, says how many more there are. All of them are in the {@link StepSummary}.
 */
final class GithubReport implements ReportFormat {

  /** What GitHub keeps of each level in a step. */
  private static final int SHOWN = 10;

  /** What a level has to say. */
  private record Note(Location at, String title, String message) {}

  @Override
  public String id() {
    return "github";
  }

  @Override
  public String summary() {
    return "annotations of a GitHub workflow";
  }

  @Override
  public boolean streams() {
    return false;
  }

  @Override
  public String render(Run run) {
    List<Note> errors = notes(run, Verdict.REFUTED);
    for (Run.Refused refused : run.refused()) {
      errors.add(new Note(refused.at(), "Not a policy", Layout.visible(refused.message())));
    }
    StringBuilder out = new StringBuilder();
    write("error", errors, out);
    write("warning", notes(run, Verdict.UNKNOWN), out);
    List<String> outcomes = new ArrayList<>();
    for (Run.Answer answer : run.answers()) {
      outcomes.add(Layout.visible(answer.title()) + ": " + answer.report().outcome());
      answer.silent().forEach(silent -> outcomes.add("  " + Layout.visible(silent)));
    }
    outcomes.add(run.refused().isEmpty() ? "" : "not every policy could be read");
    String text = String.join("\n", outcomes).strip();
    return out.append("::notice title=Postern::").append(data(text)).append('\n').toString();
  }

  private static List<Note> notes(Run run, Verdict verdict) {
    List<Note> notes = new ArrayList<>();
    for (Run.Shown shown : run.shown(verdict)) {
      String attack =
          shown
              .finding()
              .counterexample()
              .map(Counterexample::attack)
              .filter(words -> !words.equals(shown.finding().message()))
              .map(words -> "\nattack: " + Layout.visible(words))
              .orElse("");
      String message = Layout.visible(shown.sentence()) + attack;
      notes.add(new Note(shown.place(), shown.title(), message));
    }
    return notes;
  }

  private static void write(String level, List<Note> notes, StringBuilder out) {
    for (Note note : notes.subList(0, Math.min(SHOWN, notes.size()))) {
      out.append("::").append(level);
      out.append(" file=").append(property(note.at().file()));
      out.append(",line=").append(Math.max(1, note.at().line()));
      out.append(",col=").append(Math.max(1, note.at().column()));
      out.append(",title=").append(property(note.title()));
      out.append("::").append(data(note.message())).append('\n');
    }
    if (notes.size() > SHOWN) {
      out.append("::notice title=Postern::").append(notes.size() - SHOWN).append(" more ");
      out.append(level).append("s; the step summary lists them\n");
    }
  }

  /** The text of a command, its lines visible already; GitHub undoes these in reverse. */
  private static String data(String text) {
    return text.replace("%", "%25").replace("\n", "%0A");
  }

  private static String property(String text) {
    return data(Layout.visible(text)).replace(":", "%3A").replace(",", "%2C");
  }
}

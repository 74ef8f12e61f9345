package dev.postern.verifier.report;

import dev.postern.model.report.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** A run as Markdown for the page of a GitHub workflow: a table of outcomes, then the worst. */
public final class StepSummary {

  /** GitHub refuses a step's summary altogether when it is longer. */
  public static final int LIMIT = 1 << 20;

  /** Kept for the line that says what was left out. */
  private static final int RESERVED = 80;

  /** Anything CommonMark or GitHub may read as more than text: links, mentions, HTML, tables. */
  private static final Pattern MARKUP = Pattern.compile("[\\\\`*_{}\\[\\]<>&|#~:@!$]");

  private final StringBuilder out = new StringBuilder();
  private final int limit;
  private int bytes;
  private int left;

  private StepSummary(int limit) {
    this.limit = limit - RESERVED;
  }

  /** At most {@code limit} bytes of UTF-8; empty where not even a line would fit. */
  public static String of(Run run, int limit) {
    StepSummary summary = new StepSummary(limit);
    summary.write(run);
    if (summary.left > 0 && limit > RESERVED) {
      summary.out.append("\n").append(summary.left).append(" more did not fit.\n");
    }
    return summary.out.toString();
  }

  private void write(Run run) {
    add("## Postern\n\n| policy | outcome | refuted | unknown | waived | proved |\n");
    add("|---|---|---|---|---|---|\n");
    for (Run.Refused refused : run.refused()) {
      String message = refused.at() + ": " + refused.message();
      add("| " + plain(message) + " | not read | | | | |\n");
    }
    for (Run.Answer answer : run.answers()) {
      StringBuilder row = new StringBuilder("| ").append(plain(answer.title()));
      row.append(" | ").append(answer.report().outcome());
      for (Verdict verdict :
          List.of(Verdict.REFUTED, Verdict.UNKNOWN, Verdict.WAIVED, Verdict.PROVED)) {
        row.append(" | ").append(answer.count(verdict));
      }
      add(row + " |\n");
    }
    for (Run.Answer answer : run.answers()) {
      for (String silent : answer.silent()) {
        add("\n" + plain(answer.title() + ": " + silent) + "\n");
      }
    }
    for (Verdict verdict : List.of(Verdict.REFUTED, Verdict.UNKNOWN, Verdict.WAIVED)) {
      run.shown(verdict).forEach(this::section);
    }
  }

  private void section(Run.Shown shown) {
    String head = "\n### " + plain(shown.title() + ", " + shown.answer().title()) + "\n\n";
    String text = plain(shown.place() + ": " + shown.sentence()) + "\n";
    String attack =
        shown
            .finding()
            .counterexample()
            .map(c -> CounterexampleText.of(c, shown.answer().presentation().coloured(false)))
            .map(StepSummary::fenced)
            .orElse("");
    add(head + text + attack);
  }

  private void add(String block) {
    int length = block.getBytes(StandardCharsets.UTF_8).length;
    if (bytes + length <= limit) {
      out.append(block);
      bytes += length;
    } else {
      left++;
    }
  }

  private static String plain(String text) {
    return MARKUP.matcher(Layout.visible(text)).replaceAll("\\\\$0");
  }

  /** Every line of a counterexample is indented, so that none can end the fence. */
  private static String fenced(String counterexample) {
    StringBuilder block = new StringBuilder("\n````text\n");
    counterexample.lines().forEach(line -> block.append("    ").append(line).append('\n'));
    return block.append("````\n").toString();
  }
}

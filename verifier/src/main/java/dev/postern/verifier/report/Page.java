package dev.postern.verifier.report;

import dev.postern.model.report.Verdict;
import java.util.List;

/** The lines written so far. Whatever goes in is escaped, but for our own colours. */
final class Page {
  private static final int LABEL = "discharges".length();
  private static final String RESET = "\u001b[0m";
  private final StringBuilder lines = new StringBuilder();
  private final Presentation presentation;

  Page(Presentation presentation) {
    this.presentation = presentation;
  }

  Presentation presentation() {
    return presentation;
  }

  void blank() {
    lines.append('\n');
  }

  void line(String text) {
    lines.append(Layout.visible(text).stripTrailing()).append('\n');
  }

  void text(int indent, String text) {
    if (text.isBlank()) {
      return;
    }
    for (String line : Layout.wrap(Layout.visible(text), presentation.width() - indent)) {
      line(" ".repeat(indent) + line);
    }
  }

  void labelled(String label, String text) {
    table(List.of(List.of(Layout.pad(label, LABEL), text)), 2);
  }

  void table(List<List<String>> rows, int indent) {
    List<List<String>> cells =
        rows.stream().map(row -> row.stream().map(Layout::visible).toList()).toList();
    for (String line : Layout.table(cells, presentation.width() - indent)) {
      line(" ".repeat(indent) + line);
    }
  }

  /** What a finding is about, on one line where that fits. */
  void heading(Verdict verdict, String what, String where) {
    int columns = Layout.columns(verdict + what + ": " + Layout.visible(where));
    if (where.isEmpty() || columns > presentation.width()) {
      verdict("", verdict, what);
      text(2, where);
    } else {
      verdict("", verdict, what + ": " + where);
    }
  }

  /** A line with a verdict in it, the only thing that is coloured. */
  void verdict(String before, Verdict verdict, String after) {
    lines.append(Layout.visible(before));
    lines.append(presentation.colour() ? colour(verdict) + verdict + RESET : verdict);
    lines.append(Layout.visible(after)).append('\n');
  }

  private static String colour(Verdict verdict) {
    return switch (verdict) {
      case PROVED -> "\u001b[1;32m";
      case REFUTED -> "\u001b[1;31m";
      case UNKNOWN -> "\u001b[1;33m";
      case WAIVED, NOT_CLAIMED -> "\u001b[1;35m";
    };
  }

  @Override
  public String toString() {
    return lines.toString();
  }
}

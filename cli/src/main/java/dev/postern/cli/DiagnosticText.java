package dev.postern.cli;

import dev.postern.dsl.Compilation;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.model.Location;
import dev.postern.verifier.report.Excerpt;
import dev.postern.verifier.report.Excerpts;
import dev.postern.verifier.report.Layout;
import java.util.Locale;

/** What is wrong with a policy, for a person: position, fact, excerpt, further places, hint. */
final class DiagnosticText {

  private DiagnosticText() {}

  /** All of them, and a line that counts them; empty where there is none. */
  static String of(Compilation compilation) {
    if (compilation.diagnostics().isEmpty()) {
      return "";
    }
    Excerpts excerpts = Excerpts.of(compilation.texts());
    StringBuilder text = new StringBuilder();
    long errors = 0;
    for (Diagnostic diagnostic : compilation.diagnostics()) {
      one(diagnostic, excerpts, text);
      errors += diagnostic.severity() == Diagnostic.Severity.ERROR ? 1 : 0;
    }
    long warnings = compilation.diagnostics().size() - errors;
    text.append(count(errors, "error")).append(", ").append(count(warnings, "warning"));
    return text.append('\n').toString();
  }

  private static void one(Diagnostic diagnostic, Excerpts excerpts, StringBuilder text) {
    text.append(place(diagnostic.at()))
        .append(diagnostic.severity().name().toLowerCase(Locale.ROOT))
        .append(": ")
        .append(Layout.visible(diagnostic.message()))
        .append(" [")
        .append(diagnostic.code().id())
        .append("]\n");
    excerpt(diagnostic.at(), excerpts, text);
    for (Diagnostic.Place also : diagnostic.also()) {
      text.append("  ").append(place(also.at())).append("note: ");
      text.append(Layout.visible(also.note())).append('\n');
      excerpt(also.at(), excerpts, text);
    }
    diagnostic
        .hint()
        .ifPresent(h -> text.append("  hint: ").append(Layout.visible(h)).append('\n'));
  }

  private static String place(Location at) {
    return Layout.visible(at.toString()) + ": ";
  }

  private static void excerpt(Location at, Excerpts excerpts, StringBuilder text) {
    Excerpt.of(at, excerpts, 4).forEach(line -> text.append(line).append('\n'));
  }

  private static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}

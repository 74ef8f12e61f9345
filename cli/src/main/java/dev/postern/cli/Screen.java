package dev.postern.cli;

import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.signer.ceremony.PolicyDifference;
import dev.postern.signer.check.Claims;
import dev.postern.signer.statement.Terms;
import dev.postern.verifier.report.Layout;
import java.util.List;
import java.util.Optional;

/** What will become true if a bundle is signed, on one screen. */
final class Screen {

  /** As many differences as leave the rest of the screen in sight. */
  private static final int DIFFERENCES = 40;

  private Screen() {}

  static String of(Claims.Consistent claims, Optional<Claims.Consistent> baseline) {
    Report report = claims.report();
    Policy policy = claims.policy();
    StringBuilder text = new StringBuilder();
    line(text, "bundle " + claims.id());
    line(
        text,
        Layout.visible(report.name())
            + " version "
            + report.version()
            + ": "
            + report.outcome()
            + (report.partial() ? ", partial: " + report.missing().size() + " rules not run" : ""));
    line(text, "policy " + report.sha256());
    for (Report.ViewVerdict view : report.views()) {
      line(
          text,
          "view "
              + Layout.visible(view.name())
              + ": confinement "
              + view.confinement()
              + ", mediation "
              + view.mediation());
    }
    policy
        .waivers()
        .forEach(waiver ->
            line(text, "waived " + waiver.rule() + ": " + Layout.visible(waiver.reason())));
    line(text, terms(claims.said().terms()));
    baseline.ifPresent(before -> difference(text, before, claims));
    return text.toString();
  }

  private static String terms(Terms terms) {
    return "epoch "
        + terms.securityEpoch()
        + terms.notBefore().map(begin -> ", valid from " + begin).orElse("")
        + terms.expires().map(end -> ", valid until " + end).orElse(", no end of validity")
        + terms
            .supersedes()
            .map(id -> ", takes the place of " + id.substring(0, 16) + "…")
            .orElse("")
        + (terms.operators() > 1 ? ", asks for " + terms.operators() + " persons" : "");
  }

  private static void difference(
      StringBuilder text, Claims.Consistent before, Claims.Consistent after) {
    List<PolicyDifference.Line> lines = PolicyDifference.between(before.policy(), after.policy());
    long wider = lines.stream().filter(PolicyDifference.Line::wider).count();
    line(
        text,
        "compared with "
            + before.id().substring(0, 16)
            + "…: "
            + lines.size()
            + " differences, "
            + wider
            + " that widen");
    // What widens stands first: it is what a screen must not lose.
    for (boolean kind : new boolean[] {true, false}) {
      lines.stream()
          .filter(line -> line.wider() == kind)
          .limit(DIFFERENCES)
          .forEach(line -> line(text, (kind ? "  ! " : "    ") + Layout.visible(line.text())));
    }
    if (Math.max(wider, lines.size() - wider) > DIFFERENCES) {
      line(text, "  … and more; hint: postern bundle diff shows all");
    }
  }

  private static void line(StringBuilder text, String line) {
    text.append(line).append('\n');
  }
}

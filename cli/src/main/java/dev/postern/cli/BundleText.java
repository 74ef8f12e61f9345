package dev.postern.cli;

import dev.postern.model.report.Report;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.verifier.report.Layout;

/** A bundle in a few lines. */
final class BundleText {

  private BundleText() {}

  /** What its signers vouch for. */
  static String of(CheckedBundle bundle) {
    Report report = bundle.report();
    StringBuilder text = new StringBuilder();
    text.append("bundle ").append(bundle.id()).append('\n');
    text.append(Layout.visible(report.name())).append(" version ").append(report.version());
    text.append(": ").append(report.outcome());
    if (bundle.partial()) {
      text.append(", partial: ").append(report.missing().size()).append(" rules not run");
    }
    text.append('\n').append("policy ").append(report.sha256()).append('\n');
    for (Report.ViewVerdict view : report.views()) {
      text.append("view ").append(Layout.visible(view.name())).append(": confinement ");
      text.append(view.confinement()).append(", mediation ").append(view.mediation()).append('\n');
    }
    bundle.policy().waivers().stream()
        .map(waiver -> "waived " + waiver.rule() + ": " + Layout.visible(waiver.reason()) + "\n")
        .forEach(text::append);
    return text.toString();
  }
}

package dev.postern.cli;

import dev.postern.json.Members;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustedKey;
import dev.postern.verifier.report.Layout;

/** What a trust says, for a person. */
final class TrustText {

  private TrustText() {}

  static String of(Trust trust) {
    StringBuilder text = new StringBuilder();
    line(text, "trust " + trust.id());
    line(
        text,
        "version "
            + trust.version()
            + trust.expires().map(end -> ", until " + end).orElse("")
            + ", ratchet epoch "
            + trust.ratchetEpoch());
    trust
        .roles()
        .forEach((name, role) -> {
          line(
              text,
              Members.word(name)
                  + ": "
                  + role.threshold()
                  + " of "
                  + trust.persons(role).size()
                  + " persons"
                  + (role.postQuantum() > 0 ? ", " + role.postQuantum() + " post-quantum" : ""));
          for (String id : role.keys()) {
            trust.key(id).ifPresent(key -> line(text, "  " + key(key)));
          }
        });
    line(
        text,
        "bundles: "
            + trust
                .maxBundleDays()
                .map(days -> "good for " + days + " days at most")
                .orElse("need not expire")
            + "; waivers: "
            + (trust.waivers().isEmpty() ? "none" : String.join(", ", trust.waivers())));
    trust
        .floors()
        .values()
        .forEach(floor ->
            line(
                text,
                "floor of "
                    + Layout.visible(floor.policySet())
                    + ": version "
                    + floor.minVersion()
                    + ", epoch "
                    + floor.minEpoch()));
    trust.revokedBundles().forEach(id -> line(text, "revoked bundle " + id));
    return text.toString();
  }

  private static String key(TrustedKey key) {
    return key.id()
        + "  "
        + key.person()
        + ", "
        + key.key().algorithm().word()
        + key.notAfter().map(end -> ", until " + end).orElse("")
        + (key.state() == TrustedKey.State.REVOKED ? ", revoked" : "");
  }

  private static void line(StringBuilder text, String line) {
    text.append(line).append('\n');
  }
}

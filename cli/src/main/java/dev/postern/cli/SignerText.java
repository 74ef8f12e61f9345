package dev.postern.cli;

import dev.postern.signer.check.Signer;
import java.util.List;

/** Who signed, a line each. */
final class SignerText {

  private SignerText() {}

  static String of(List<Signer> signers) {
    StringBuilder text = new StringBuilder();
    for (Signer signer : signers) {
      text.append("signed by ").append(signer.keyId()).append(", ").append(signer.person());
      text.append(", ").append(signer.algorithm().word());
      text.append(signer.unattended() ? ", unattended" : "");
      text.append(signer.counts() ? "" : ", does not count").append('\n');
    }
    return text.toString();
  }
}

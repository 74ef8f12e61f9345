package dev.postern.cli;

import dev.postern.json.Json;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.check.Signer;
import java.util.List;

/** The answer of a check, {@code postern.check/1}. */
final class CheckJson {

  private CheckJson() {}

  static Json of(Check check) {
    Json.Builder out = Json.object().put("schema", "postern.check/1");
    return switch (check) {
      case Check.Trusted(CheckedBundle bundle) ->
          out.put("trusted", true)
              .put("bundle", bundle.id())
              .put("policySet", bundle.policy().name())
              .put("version", bundle.policy().version())
              .put("securityEpoch", bundle.terms().securityEpoch())
              .put("partial", bundle.partial())
              .put("signers", Json.array(bundle.signers(), CheckJson::signer))
              .build();
      case Check.Refused(List<Refusal> refusals) ->
          out.put("trusted", false)
              .put(
                  "reasons",
                  Json.array(
                      refusals,
                      refusal ->
                          Json.object()
                              .put("code", refusal.reason().code())
                              .put("detail", refusal.detail())
                              .build()))
              .build();
    };
  }

  private static Json signer(Signer signer) {
    return Json.object()
        .put("keyId", signer.keyId())
        .put("person", signer.person())
        .put("algorithm", signer.algorithm().word())
        .put("counts", signer.counts())
        .put("unattended", signer.unattended())
        .build();
  }
}

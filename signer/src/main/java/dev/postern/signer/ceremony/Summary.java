package dev.postern.signer.ceremony;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.check.Claims;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.statement.Statement;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * SLSA's verification summary of a bundle, an in-toto Statement in a DSSE envelope: for tools that
 * read those. Its subject is the manifest; nothing of ours takes it for a signature of a bundle.
 */
public final class Summary {

  public static final String PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1";
  private static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

  /** The members that SLSA names; the rest of the manifest's predicate is ours. */
  private static final List<String> MEMBERS =
      List.of(
          "verifier",
          "resourceUri",
          "policy",
          "inputAttestations",
          "verificationResult",
          "verifiedLevels",
          "slsaVersion");

  private Summary() {}

  /** The envelope, signed by {@code key} with SHA-256, which is what its readers take. */
  public static byte[] envelope(Bundle bundle, Claims.Consistent claims, OperatorKey key)
      throws KeyException {
    byte[] payload = JsonWriter.canonical(statement(bundle, claims));
    Json signature =
        Json.object()
            .put("keyid", key.keyId())
            .put("sig", base64(key.signSha256(preAuthentication(payload))))
            .build();
    return JsonWriter.canonical(
        Json.object()
            .put("payload", base64(payload))
            .put("payloadType", PAYLOAD_TYPE)
            .put("signatures", new Json.Arr(List.of(signature)))
            .build());
  }

  /**
   * What is signed (DSSE v1): type and payload with their lengths, so that neither is the other.
   */
  static byte[] preAuthentication(byte[] payload) {
    byte[] head =
        ("DSSEv1 " + PAYLOAD_TYPE.length() + " " + PAYLOAD_TYPE + " " + payload.length + " ")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] all = java.util.Arrays.copyOf(head, head.length + payload.length);
    System.arraycopy(payload, 0, all, head.length, payload.length);
    return all;
  }

  private static Json statement(Bundle bundle, Claims.Consistent claims) {
    Bytes manifest = bundle.member(Bundle.MANIFEST).orElseThrow();
    Json.Builder predicate = Json.object();
    try {
      Json full = Statement.read(manifest.toArray()).predicate();
      if (full instanceof Json.Obj object) {
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
          if (MEMBERS.contains(member.getKey())) {
            predicate.put(member.getKey(), member.getValue());
          }
        }
      }
    } catch (JsonException e) {
      throw new AssertionError("the manifest was read before", e);
    }
    Json subject =
        Json.object()
            .put("name", Bundle.MANIFEST)
            .put(
                "digest",
                Json.object().put("sha256", manifest.sha256()).put("sha384", claims.id()).build())
            .build();
    return Json.object()
        .put("_type", Statement.TYPE)
        .put("subject", new Json.Arr(List.of(subject)))
        .put("predicateType", PREDICATE_TYPE)
        .put("predicate", predicate.build())
        .build();
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}

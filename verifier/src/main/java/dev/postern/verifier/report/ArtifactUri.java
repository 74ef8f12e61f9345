package dev.postern.verifier.report;

import dev.postern.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A policy's file as SARIF names it. A path that stays below where the command ran is relative to
 * the checkout, which is where a build server runs it; any other is written as it was given.
 */
final class ArtifactUri {

  private static final String PLAIN = "-._~";

  private ArtifactUri() {}

  static Json of(String file) {
    String path =
        Arrays.stream(file.split("/", -1))
            .filter(segment -> !segment.equals("."))
            .map(ArtifactUri::escaped)
            .collect(Collectors.joining("/"));
    if (file.startsWith("/")) {
      return Json.object().put("uri", "file://" + path).build();
    }
    Json.Builder artifact = Json.object().put("uri", path);
    boolean below = Arrays.stream(file.split("/")).noneMatch(segment -> segment.equals(".."));
    return (below ? artifact.put("uriBaseId", "%SRCROOT%") : artifact).build();
  }

  /** RFC 3986: what is not unreserved is percent-encoded UTF-8. */
  private static String escaped(String segment) {
    StringBuilder out = new StringBuilder();
    for (byte b : segment.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      out.append(letter || PLAIN.indexOf(c) >= 0 ? String.valueOf(c) : String.format("%%%02X", b));
    }
    return out.toString();
  }
}

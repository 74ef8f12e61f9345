package dev.postern.cli;

import dev.postern.model.Bytes;
import dev.postern.signer.bundle.Bundle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Evidence as files: SMT-LIB scripts are named by the SHA-256 of their bytes, as in reports. */
final class EvidenceFiles {

  private static final String REPORT = "report.json";

  private EvidenceFiles() {}

  static void write(Path directory, Map<String, String> scripts) throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, Bytes> script : members(scripts).entrySet()) {
      OutputFiles.write(directory.resolve(script.getKey()), script.getValue().toArray());
    }
  }

  /** What a bundle has below {@code evidence/}, under the same names. */
  static void write(Path directory, Bundle bundle) throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, Bytes> member : bundle.evidence().entrySet()) {
      OutputFiles.write(directory.resolve(member.getKey()), member.getValue().toArray());
    }
  }

  /** Everything a bundle has below {@code evidence/} but the report, by file name. */
  static SortedMap<String, Bytes> of(Bundle bundle) {
    SortedMap<String, Bytes> evidence = new TreeMap<>(bundle.evidence());
    evidence.remove(REPORT);
    return evidence;
  }

  /** File name to content. */
  static SortedMap<String, Bytes> members(Map<String, String> scripts) {
    SortedMap<String, Bytes> members = new TreeMap<>();
    scripts.forEach((digest, script) ->
        members.put(digest + ".smt2", Bytes.of(script.getBytes(StandardCharsets.UTF_8))));
    return members;
  }
}

package dev.postern.cli;

import dev.postern.model.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** SMT-LIB scripts as files, each named by the SHA-256 of its bytes, as reports name them. */
final class EvidenceFiles {

  private EvidenceFiles() {}

  static void write(Path directory, Map<String, String> scripts) throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, Bytes> script : members(scripts).entrySet()) {
      OutputFiles.write(directory.resolve(script.getKey()), script.getValue().toArray());
    }
  }

  /** File name to content. */
  static SortedMap<String, Bytes> members(Map<String, String> scripts) {
    SortedMap<String, Bytes> members = new TreeMap<>();
    scripts.forEach((digest, script) ->
        members.put(digest + ".smt2", Bytes.of(script.getBytes(StandardCharsets.UTF_8))));
    return members;
  }
}

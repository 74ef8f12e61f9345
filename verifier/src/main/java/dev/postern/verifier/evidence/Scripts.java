package dev.postern.verifier.evidence;

import dev.postern.model.Bytes;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.SmtLib;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The SMT-LIB scripts that a run's evidence names. Printing and hashing them takes longer than many
 * runs, so each is made when its digest or its text is first asked for; the questions cannot change
 * meanwhile, as terms do not.
 */
public final class Scripts {

  private final Queue<Script> all = new ConcurrentLinkedQueue<>();
  // Several rules rest on what following the same code was asked.
  private final Map<Query, String> printed = Collections.synchronizedMap(new IdentityHashMap<>());

  /** One script that asks {@code queries} in order. */
  public Script of(List<Query> queries) {
    Script script = new Script(List.copyOf(queries));
    all.add(script);
    return script;
  }

  /** All of them, by SHA-256. */
  public Map<String, String> bySha256() {
    Map<String, String> texts = new TreeMap<>();
    all.forEach(script -> texts.put(script.sha256(), script.text()));
    return texts;
  }

  /** One of them. */
  public final class Script {
    private final List<Query> queries;
    private @Nullable String sha256;

    private Script(List<Query> queries) {
      this.queries = queries;
    }

    String text() {
      return queries.stream()
          .map(query -> printed.computeIfAbsent(query, SmtLib::script))
          .collect(Collectors.joining("(reset)\n"));
    }

    /** Of its text, in UTF-8. */
    public synchronized String sha256() {
      String known = sha256;
      if (known == null) {
        known = Bytes.of(text().getBytes(StandardCharsets.UTF_8)).sha256();
        sha256 = known;
      }
      return known;
    }
  }
}

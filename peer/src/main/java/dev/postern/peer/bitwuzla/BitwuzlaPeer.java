package dev.postern.peer.bitwuzla;

import dev.postern.verifier.evidence.Opinion;
import dev.postern.verifier.evidence.Peer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.sosy_lab.java_smt.solvers.bitwuzla.api.Bitwuzla;
import org.sosy_lab.java_smt.solvers.bitwuzla.api.BitwuzlaNative;
import org.sosy_lab.java_smt.solvers.bitwuzla.api.Option;
import org.sosy_lab.java_smt.solvers.bitwuzla.api.Options;
import org.sosy_lab.java_smt.solvers.bitwuzla.api.Parser;
import org.sosy_lab.java_smt.solvers.bitwuzla.api.Result;
import org.sosy_lab.java_smt.solvers.bitwuzla.api.TermManager;

/** Bitwuzla, which makes no proofs that other programs read. */
public final class BitwuzlaPeer implements Peer {

  private static boolean loaded;

  @Override
  public String name() {
    return "bitwuzla";
  }

  @Override
  public String version() {
    load();
    return BitwuzlaNative.version();
  }

  @Override
  public Encoding encoding() {
    return Encoding.WORDS;
  }

  @Override
  public Opinion ask(String script, Duration limit, boolean proof) {
    load();
    Options options = new Options();
    options.set(Option.TIME_LIMIT_PER, (int) Math.min(limit.toMillis(), Integer.MAX_VALUE));
    TermManager terms = new TermManager();
    Parser parser = new Parser(terms, options, "smt2");
    try {
      // Read only: it would print what the script asks it.
      parser.parse(script, true, false);
      Result result = parser.bitwuzla().check_sat();
      return result == Result.UNSAT
          ? new Opinion.Agrees(Optional.empty())
          : result == Result.SAT ? new Opinion.Disagrees() : new Opinion.Abstains("unknown");
    } catch (IllegalArgumentException e) {
      return new Opinion.Abstains("error: " + e.getMessage());
    } finally {
      parser.close();
      terms.close();
      options.delete();
    }
  }

  /** The library is a file beside the binding's jar, under the jar's name. */
  private static synchronized void load() {
    if (loaded) {
      return;
    }
    // jar:file:/…/NAME.jar!/…
    String place = String.valueOf(Bitwuzla.class.getResource("Bitwuzla.class"));
    if (!place.startsWith("jar:file:")) {
      throw new UnsatisfiedLinkError("Bitwuzla's binding is in no jar");
    }
    Path jar = Path.of(URI.create(place.substring("jar:".length(), place.indexOf("!/"))));
    String name = String.valueOf(jar.getFileName()).replaceFirst("\\.jar$", "");
    load(jar.resolveSibling(name + "-libbitwuzlaj-x64.so"));
    loaded = true;
  }

  @SuppressWarnings("restricted") // as every native library
  private static void load(Path library) {
    if (!Files.isRegularFile(library)) {
      throw new UnsatisfiedLinkError(library.getFileName() + " is not there");
    }
    System.load(library.toAbsolutePath().toString());
  }
}

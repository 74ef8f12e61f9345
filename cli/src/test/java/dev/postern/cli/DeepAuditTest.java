package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.evidence.Opinion;
import dev.postern.verifier.evidence.Peer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code audit --deep} with the solvers there are, and with one that lies. */
class DeepAuditTest {

  @TempDir private static Path directory;
  private static String bundle = "";

  @BeforeAll
  static void aBundle() {
    Path policy =
        Path.of(System.getProperty("postern.root", ".."), "examples/vhost-tx/fw-to-nat.postern");
    bundle = directory.resolve("fw-to-nat.bundle").toString();
    assertThat(Result.of("bundle", "create", policy.toString(), "--out", bundle).status()).isZero();
  }

  private static Map<String, String> files(Path proofs) throws Exception {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> list = Files.list(proofs)) {
      for (Path file : list.toList()) {
        files.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return files;
  }

  @Test
  void everyoneAgreesAndTheProofsAreTheSameEachTime() throws Exception {
    Path proofs = directory.resolve("proofs");
    Path again = directory.resolve("again");
    Result first = Result.of("audit", bundle, "--deep", "--proofs", proofs.toString());
    assertThat(first.status()).as(first.err()).isZero();
    assertThat(first.out())
        .containsPattern("cvc5 1\\.3\\.2 agrees on \\d+ questions, with \\d+ proofs\n")
        .containsPattern("bitwuzla 0\\.8\\.2\\S* agrees on \\d+ questions\n")
        .endsWith("stands; signatures were not checked\n");
    Map<String, String> files = files(proofs);
    assertThat(files.keySet())
        .hasSizeGreaterThan(10)
        .allMatch(name -> name.matches("[0-9a-f]{64}(-\\d{5})?\\.cvc5\\.(smt2|proof)"));
    assertThat(files.values()).noneMatch(String::isBlank);
    assertThat(Result.of("audit", bundle, "--deep", "--proofs", again.toString()).status())
        .isZero();
    assertThat(files(again)).isEqualTo(files);
  }

  private static Result withPeer(Opinion always, String... arguments) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal = new Terminal(out, err, false, false);
    Peer peer =
        new Peer() {
          @Override
          public String name() {
            return "double";
          }

          @Override
          public String version() {
            return "0";
          }

          @Override
          public Encoding encoding() {
            return Encoding.WORDS;
          }

          @Override
          public Opinion ask(String script, Duration limit, boolean proof) {
            return always;
          }
        };
    AuditCommand command = new AuditCommand(terminal, () -> List.of(peer));
    new CommandLine(command).parseArgs(arguments);
    int status;
    try {
      status = command.run(terminal).code();
    } catch (Failure failure) {
      status = failure.status().code();
      terminal.error(failure.line());
    }
    terminal.flush();
    return new Result(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aPeerThatLiesIsABugWithTheObligationSaved() throws Exception {
    Result result = withPeer(new Opinion.Disagrees(), bundle, "--deep");
    assertThat(result.status()).isEqualTo(70);
    Matcher files = Pattern.compile("(/\\S+\\.smt2)").matcher(result.err());
    assertThat(result.err())
        .contains("double has a model for what was refuted: one of us is wrong; please report /");
    List<Path> saved = files.results().map(file -> Path.of(file.group())).toList();
    assertThat(saved).hasSizeGreaterThan(10);
    for (Path file : saved) {
      assertThat(Files.readString(file)).startsWith("; ").contains("(set-logic ", "(check-sat)");
      Files.delete(file);
    }
  }

  @Test
  void aPeerWithoutAnAnswerIsUnknown() throws Exception {
    Result result = withPeer(new Opinion.Abstains("unknown: time-out"), bundle, "--deep");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.err()).contains("double does not answer ", "unknown: time-out");
    assertThat(result.out()).endsWith("unknown: stands, but not everyone answers\n");
  }

  @Test
  void nobodyIsAskedUnlessToldTo() throws Exception {
    Result result = withPeer(new Opinion.Disagrees(), bundle);
    assertThat(result.status()).isZero();
    Result proofs = withPeer(new Opinion.Disagrees(), bundle, "--proofs", "p");
    assertThat(proofs.status()).isEqualTo(2);
    assertThat(proofs.err()).contains("--proofs needs --deep");
  }
}

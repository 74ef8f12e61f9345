package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.dsl.PolicyCompiler;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An auditor needs no solver: no library of any is even on the class path. */
class AuditWithoutSolverTest {

  private static final Path EXAMPLES =
      Path.of(System.getProperty("postern.root", ".."), "examples");

  private static Path bundle(Path policy, Path directory) {
    Path bundle = directory.resolve(policy.getFileName() + ".bundle");
    Result made = Result.of("bundle", "create", policy.toString(), "--out", bundle.toString());
    assertThat(made.status()).as("%s: %s%s", policy, made.out(), made.err()).isZero();
    assertThat(made.err()).isEmpty();
    return bundle;
  }

  private static final List<String> SOLVERS = List.of("z3-turnkey", "cvc5", "bitwuzla");

  private static String withoutSolvers(String command, Path argument, int status) throws Exception {
    List<String> all = List.of(System.getProperty("java.class.path").split(File.pathSeparator));
    List<String> rest = all;
    for (String solver : SOLVERS) {
      List<String> fewer = rest.stream().filter(entry -> !entry.contains(solver)).toList();
      assertThat(fewer).as(solver).hasSizeLessThan(rest.size());
      rest = fewer;
    }
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                String.join(File.pathSeparator, rest),
                "dev.postern.cli.Main",
                command,
                argument.toString())
            .redirectErrorStream(true)
            .start();
    String out = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(out).isEqualTo(status);
    return out;
  }

  @Test
  void anAuditStandsWithoutSolvers(@TempDir Path directory) throws Exception {
    Path bundle = bundle(EXAMPLES.resolve("p1/p1.postern"), directory);
    assertThat(withoutSolvers("audit", bundle, 0))
        .endsWith("stands; signatures were not checked\n");
  }

  /** What is waived is bundled with somebody's leave alone. */
  private static boolean waivesNothing(Path policy) {
    return PolicyCompiler.compile(policy).policy().filter(p -> p.waivers().isEmpty()).isPresent();
  }

  @Test
  @Tag("slow")
  void everyExamplesBundleAudits(@TempDir Path directory) throws Exception {
    int audited = 0;
    try (Stream<Path> files = Files.walk(EXAMPLES, 2)) {
      for (Path file :
          files
              .filter(f -> f.toString().endsWith(".postern"))
              .filter(f -> !f.toString().contains("attacks"))
              .filter(AuditWithoutSolverTest::waivesNothing)
              .sorted()
              .toList()) {
        if (Result.of("verify", file.toString()).status() == 0) {
          assertThat(withoutSolvers("audit", bundle(file, directory), 0)).contains("stands");
          audited++;
        }
      }
    }
    assertThat(audited).isGreaterThanOrEqualTo(5);
  }
}

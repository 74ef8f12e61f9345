package dev.postern.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is on the loader's class path, which is what runs as root on a host. */
class JarSetTest {

  @Test
  void holdsNoSolverAndNoParserOfTheLanguage() {
    for (String absent :
        List.of(
            "com.microsoft.z3.Context",
            "org.antlr.v4.runtime.Parser",
            "dev.postern.dsl.PolicyCompiler",
            "dev.postern.verifier.Verifier",
            "dev.postern.cli.Main",
            "picocli.CommandLine")) {
      assertThatThrownBy(() -> Class.forName(absent))
          .as(absent)
          .isInstanceOf(ClassNotFoundException.class);
    }
  }

  /** The names above are spelt like ones that are there. */
  @Test
  void holdsWhatItNeeds() throws Exception {
    assertThat(Class.forName("dev.postern.signer.check.BundleChecker")).isNotNull();
    assertThat(Class.forName("dev.postern.model.Policy")).isNotNull();
  }
}

package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;
import java.lang.reflect.Field;
import org.junit.jupiter.api.Test;

/** What a bundle says of the solver is what the solver is. */
class VersionTest {

  @Test
  void theSolverThatIsNamedIsTheOneInUse() throws Exception {
    assertThat("z3 " + Z3Solver.version()).startsWith(Version.TOOL.solver());
    assertThat(Version.TOOL.resources()).isEqualTo(Z3Limits.DEFAULT.resources());
    Field seed = Z3Solver.class.getDeclaredField("SEED");
    seed.setAccessible(true);
    assertThat(Version.TOOL.seed()).isEqualTo(seed.getInt(null));
  }
}

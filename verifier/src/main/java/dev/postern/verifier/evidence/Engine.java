package dev.postern.verifier.evidence;

import dev.postern.verifier.Options;
import dev.postern.verifier.smt.Solver;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;

/** Who answers what simplification and sweeps leave open. */
public interface Engine {

  /** Z3, which searches, and gives a second opinion on every sweep. */
  Engine Z3 =
      new Engine() {
        @Override
        public Solver solver(Options options) {
          return new Z3Solver(new Z3Limits(Z3Limits.DEFAULT.resources(), options.timeout()));
        }

        @Override
        public boolean secondOpinion() {
          return true;
        }
      };

  /** A solver for one thread. */
  Solver solver(Options options);

  /** Whether questions about maps go to the solver as well. */
  boolean secondOpinion();
}

package dev.postern.verifier.evidence;

import dev.postern.checker.Check;
import dev.postern.checker.Checker;
import dev.postern.checker.Listing;
import dev.postern.checker.MapClaim;
import dev.postern.model.Bytes;
import dev.postern.verifier.map.IntervalMap;
import dev.postern.verifier.map.Question;
import dev.postern.verifier.map.Witness;
import java.util.HexFormat;

/** What has to be shown, and the file its evidence is in: named by the claim's SHA-256. */
public sealed interface Claim {

  /** Name of the file that holds the evidence. */
  String file();

  /** Whether {@code evidence} shows it. */
  Check check(Bytes evidence);

  /** No assignment satisfies an SMT-LIB script. */
  record Unsatisfiable(Bytes script) implements Claim {

    private static final String PROOF = ".proof";
    private static final String SCRIPT = ".obligation.smt2";

    @Override
    public String file() {
      return script.sha256() + PROOF;
    }

    /** The file that holds the script itself, for other people's solvers. */
    public String scriptFile() {
      return script.sha256() + SCRIPT;
    }

    @Override
    public Check check(Bytes evidence) {
      return Checker.proof(script.toArray(), evidence.toArray());
    }
  }

  /**
   * No key violates a claim about maps.
   *
   * @param witness of this run's own sweep, in the checker's form
   */
  record Maps(MapClaim claim, Bytes witness) implements Claim {

    /** That {@code question} holds of two maps, by the witness of a sweep. */
    public static <V, W> Maps of(
        Question<V, W> question, IntervalMap<V> left, IntervalMap<W> right, Witness witness) {
      return MapClaims.of(question, left, right, witness);
    }

    @Override
    public String file() {
      return HexFormat.of().formatHex(claim.digest()) + ".witness";
    }

    @Override
    public Check check(Bytes evidence) {
      return Checker.witness(claim, evidence.toArray());
    }
  }

  /**
   * VMFUNC's encodings stand where they are listed.
   *
   * @param sites this run's own list, in the checker's form
   */
  record Sites(Listing listing, Bytes sites) implements Claim {
    @Override
    public String file() {
      return HexFormat.of().formatHex(listing.digest()) + ".sites";
    }

    @Override
    public Check check(Bytes evidence) {
      return Checker.sites(listing, evidence.toArray());
    }
  }
}

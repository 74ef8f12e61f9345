package dev.postern.checker;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Evidence against its obligation. Evidence begins with a line that says its kind, this checker's
 * version and the SHA-256 of the obligation; the rest is {@link Reader}'s numbers.
 */
public final class Checker {

  /** Changes with anything that could change an answer. */
  public static final int VERSION = 5;

  /** Evidence that a script has no model: the steps of {@link ProofChecker}. */
  public static final String PROOF = "postern-proof";

  /** Evidence for a {@link MapClaim}: the steps of {@link MapChecker}. */
  public static final String WITNESS = "postern-witness";

  /** Evidence for a {@link Listing}: the list. */
  public static final String SITES = "postern-sites";

  private Checker() {}

  /** Does {@code proof} show that no assignment satisfies {@code script}? */
  public static Check proof(byte[] script, byte[] proof) {
    return check(() -> {
      Reader reader = new Reader(proof, PROOF, sha256().digest(script));
      ProofChecker.check(Formula.parse(script).clauses(), reader);
    });
  }

  /** Does {@code witness} show that no key violates {@code claim}? */
  public static Check witness(MapClaim claim, byte[] witness) {
    return check(() -> MapChecker.check(claim, new Reader(witness, WITNESS, claim.digest())));
  }

  /** Is {@code sites} the list that {@code listing} comes to? */
  public static Check sites(Listing listing, byte[] sites) {
    return check(() -> {
      Reader reader = new Reader(sites, SITES, listing.digest());
      List<Integer> expected = listing.sites();
      for (int i = 0; i < expected.size(); i++) {
        if (reader.number() != expected.get(i)) {
          throw new Refused("number " + i + " of the list is not what stands in the pages");
        }
      }
      reader.end();
    });
  }

  private interface Work {
    void run() throws Refused;
  }

  private static Check check(Work work) {
    try {
      work.run();
      return new Check.Accepted();
    } catch (Refused e) {
      return new Check.Rejected(e.reason());
    }
  }

  /** The first line of evidence of {@code kind} for the obligation with that digest. */
  public static byte[] header(String kind, byte[] digest) {
    String line = kind + " " + VERSION + " " + HexFormat.of().formatHex(digest) + "\n";
    return line.getBytes(StandardCharsets.US_ASCII);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}

package dev.postern.verifier.evidence;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What an audit accepted, asked again of other people's solvers. A claim becomes questions that
 * must have no model: a formula is its script as it stands in the bundle; a claim about maps is
 * {@link MapScript}'s, in the words each peer reads best. Listings are compared byte for byte, and
 * no solver has anything to say about them.
 */
public final class DeepAudit {

  /** Where the questions and proofs of peers go. */
  public interface Keeper {

    /** Keeps nothing, and has no proof made. */
    Optional<Keeper> NONE = Optional.empty();

    void keep(String file, String content) throws IOException;
  }

  /**
   * What a peer said of all claims.
   *
   * @param agreed questions on which it agrees
   * @param proofs how many of those came with a proof
   * @param abstained names of questions without an answer, and why
   */
  public record Said(Peer peer, int agreed, int proofs, List<String> abstained) {
    public Said {
      abstained = List.copyOf(abstained);
    }
  }

  /**
   * A question that the checker and a peer answer differently.
   *
   * @param name of the question: the claim's digest, and a number where a claim has several
   */
  public record Disagreement(String peer, String name, String script) {}

  /** What came of it. */
  public record Result(List<Said> said, List<Disagreement> disagreements) {
    public Result {
      said = List.copyOf(said);
      disagreements = List.copyOf(disagreements);
    }

    /** Whether every peer agreed on every question. */
    public boolean unanimous() {
      return disagreements.isEmpty() && said.stream().allMatch(s -> s.abstained().isEmpty());
    }
  }

  private record Question(String name, String script) {}

  private final Collection<Claim> claims;
  private final Duration limit;
  private final Optional<Keeper> keeper;
  private final List<Disagreement> disagreements = new ArrayList<>();

  private DeepAudit(Collection<Claim> claims, Duration limit, Optional<Keeper> keeper) {
    this.claims = claims;
    this.limit = limit;
    this.keeper = keeper;
  }

  /**
   * Asks.
   *
   * @param claims that an audit accepted evidence for
   * @param limit for each question and peer
   * @param keeper if there is one, proofs are made and kept, with the questions they are about
   */
  public static Result ask(
      Collection<Claim> claims, List<Peer> peers, Duration limit, Optional<Keeper> keeper)
      throws IOException {
    DeepAudit audit = new DeepAudit(claims, limit, keeper);
    List<Said> said = new ArrayList<>();
    for (Peer peer : peers) {
      said.add(audit.ask(peer));
    }
    return new Result(said, audit.disagreements);
  }

  private Said ask(Peer peer) throws IOException {
    int agreed = 0;
    int proofs = 0;
    List<String> abstained = new ArrayList<>();
    for (Claim claim : claims) {
      for (Question question : questions(claim, peer.encoding())) {
        switch (peer.ask(question.script(), limit, keeper.isPresent())) {
          case Opinion.Agrees(Optional<String> proof) -> {
            agreed++;
            if (proof.isPresent() && keeper.isPresent()) {
              String file = question.name() + "." + peer.name();
              keeper.get().keep(file + ".smt2", question.script());
              keeper.get().keep(file + ".proof", proof.get());
              proofs++;
            }
          }
          case Opinion.Disagrees() ->
              disagreements.add(new Disagreement(peer.name(), question.name(), question.script()));
          case Opinion.Abstains(String why) -> abstained.add(question.name() + ": " + why);
        }
      }
    }
    return new Said(peer, agreed, proofs, abstained);
  }

  private static List<Question> questions(Claim claim, Peer.Encoding encoding) {
    String digest = claim.file().substring(0, claim.file().indexOf('.'));
    return switch (claim) {
      case Claim.Unsatisfiable formula ->
          List.of(
              new Question(digest, new String(formula.script().toArray(), StandardCharsets.UTF_8)));
      case Claim.Maps maps -> {
        List<String> scripts = MapScript.of(maps.claim(), encoding);
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < scripts.size(); i++) {
          String number = scripts.size() == 1 ? "" : "-%05d".formatted(i);
          questions.add(new Question(digest + number, scripts.get(i)));
        }
        yield questions;
      }
      case Claim.Sites _ -> List.of();
    };
  }
}

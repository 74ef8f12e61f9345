package dev.postern.peer.cvc5;

import dev.postern.verifier.evidence.Opinion;
import dev.postern.verifier.evidence.Peer;
import io.github.cvc5.CVC5ApiException;
import io.github.cvc5.CVC5ParserException;
import io.github.cvc5.Command;
import io.github.cvc5.Context;
import io.github.cvc5.InputParser;
import io.github.cvc5.Result;
import io.github.cvc5.Solver;
import io.github.cvc5.SymbolManager;
import io.github.cvc5.TermManager;
import io.github.cvc5.modes.InputLanguage;
import io.github.cvc5.modes.ProofComponent;
import io.github.cvc5.modes.ProofFormat;
import java.time.Duration;
import java.util.Optional;

/**
 * cvc5. Its binding keeps what it makes in one list for the process, so questions go through it one
 * after another, each with managers of its own, freed before the answer is given.
 */
public final class Cvc5Peer implements Peer {

  private static final String CHECK_SAT = "(check-sat)\n";

  @Override
  public String name() {
    return "cvc5";
  }

  @Override
  public String version() {
    synchronized (Cvc5Peer.class) {
      Cvc5Library.load();
      try {
        return new Solver(new TermManager()).getVersion();
      } finally {
        Context.deletePointers();
      }
    }
  }

  /** Integers: cvc5 decides maps of integers some 75 times as fast as maps of words. */
  @Override
  public Encoding encoding() {
    return Encoding.INTEGERS;
  }

  @Override
  public Opinion ask(String script, Duration limit, boolean proof) {
    synchronized (Cvc5Peer.class) {
      Cvc5Library.load();
      try {
        return opinion(script, limit, proof);
      } catch (CVC5ApiException | CVC5ParserException e) {
        return new Opinion.Abstains("error: " + e.getMessage());
      } finally {
        Context.deletePointers();
      }
    }
  }

  /** The binding's methods do not declare what they throw of the parser's. */
  private static Opinion opinion(String script, Duration limit, boolean proof)
      throws CVC5ParserException {
    Solver solver = new Solver(new TermManager());
    solver.setOption("tlimit-per", Long.toString(limit.toMillis()));
    if (proof) {
      solver.setOption("produce-proofs", "true");
      solver.setOption("proof-granularity", "dsl-rewrite");
    }
    if (!script.endsWith(CHECK_SAT)) {
      throw new IllegalArgumentException("a script asks in its last line");
    }
    String declarations = script.substring(0, script.length() - CHECK_SAT.length());
    InputParser parser = new InputParser(solver);
    parser.setStringInput(InputLanguage.SMT_LIB_2_6, declarations, "obligation");
    SymbolManager symbols = parser.getSymbolManager();
    for (Command next = parser.nextCommand(); !next.isNull(); next = parser.nextCommand()) {
      String complaint = next.invoke(solver, symbols);
      if (!complaint.isBlank()) {
        return new Opinion.Abstains("error: " + complaint.strip());
      }
    }
    Result result = solver.checkSat();
    if (result.isSat()) {
      return new Opinion.Disagrees();
    }
    if (!result.isUnsat()) {
      return new Opinion.Abstains("unknown: " + result.getUnknownExplanation());
    }
    return new Opinion.Agrees(proof ? Optional.of(cpc(solver)) : Optional.empty());
  }

  /** The steps as ethos reads them: without the parentheses that the answer is wrapped in. */
  private static String cpc(Solver solver) {
    String text =
        solver.proofToString(solver.getProof(ProofComponent.FULL)[0], ProofFormat.CPC).strip();
    return text.substring(1, text.length() - 1).strip() + "\n";
  }
}

package dev.postern.verifier.evidence;

import java.time.Duration;

/**
 * A solver of other people's, asked what an audit has already accepted. Its answer changes no
 * verdict: it can agree, have no opinion, or show that one of us is wrong.
 */
public interface Peer {

  /** What it reads best, so that two peers are not asked the same thing in the same words. */
  enum Encoding {
    /** Keys of maps are mathematical integers, QF_LIA. */
    INTEGERS,
    /** Keys of maps are words of 64 bits, QF_BV. */
    WORDS
  }

  /** Such as {@code cvc5}; also part of the names of its proofs. */
  String name();

  /**
   * The version of the library in use; loads it.
   *
   * @throws UnsatisfiedLinkError if there is none for this machine
   */
  String version();

  Encoding encoding();

  /**
   * Asks whether a script has a model.
   *
   * @param limit what it may take
   * @param proof whether to give a proof with {@link Opinion.Agrees}, if it makes any
   * @throws UnsatisfiedLinkError if there is no library for this machine
   */
  Opinion ask(String script, Duration limit, boolean proof);
}

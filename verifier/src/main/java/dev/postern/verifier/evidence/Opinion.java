package dev.postern.verifier.evidence;

import java.util.Optional;

/** What a {@link Peer} says of a script that must have no model. */
public sealed interface Opinion {

  /**
   * It has none.
   *
   * @param proof in the peer's own format, where one was asked for and it makes any
   */
  record Agrees(Optional<String> proof) implements Opinion {}

  /** It has one: the peer or we are wrong. */
  record Disagrees() implements Opinion {}

  /** No answer. */
  record Abstains(String why) implements Opinion {}
}

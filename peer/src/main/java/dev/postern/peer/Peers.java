package dev.postern.peer;

import dev.postern.peer.bitwuzla.BitwuzlaPeer;
import dev.postern.peer.cvc5.Cvc5Peer;
import dev.postern.verifier.evidence.Peer;
import java.util.List;

/** The peers there are. */
public final class Peers {

  public static final List<Peer> ALL = List.of(new Cvc5Peer(), new BitwuzlaPeer());

  private Peers() {}
}

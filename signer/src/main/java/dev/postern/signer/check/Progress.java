package dev.postern.signer.check;

import java.util.List;
import java.util.SortedSet;

/**
 * How far a bundle's signing has come.
 *
 * @param signers whose signatures verified
 * @param persons who count
 * @param threshold how many of them are needed
 * @param postQuantum how many of them with a post-quantum key
 * @param missing who could still sign
 */
public record Progress(
    List<Signer> signers,
    SortedSet<String> persons,
    int threshold,
    int postQuantum,
    SortedSet<String> missing) {
  public Progress {
    signers = List.copyOf(signers);
  }
}

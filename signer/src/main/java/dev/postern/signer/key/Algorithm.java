package dev.postern.signer.key;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What a key may be. Each has public keys of one length and, up to the key's own bits, one
 * SubjectPublicKeyInfo: which algorithm a key has is read off its first bytes, without a parser.
 */
public enum Algorithm {
  /** FIPS 186-5, with SHA-384. */
  ECDSA_P384("3076301006072a8648ce3d020106052b81040022036200" + "04", 96, false, 4 << 10),
  /** RFC 8017: SHA-384, MGF1 with SHA-384, salt of 48 bytes; modulus of 3072 bits, e = 65537. */
  RSA_PSS_3072(
      "308201a2300d06092a864886f70d01010105000382018f003082018a0282018100", 389, false, 4 << 10),
  /** FIPS 204. */
  ML_DSA_65("308207b2300b0609608648016503040312038207a100", 1952, true, 6 << 10),
  ML_DSA_87("30820a32300b060960864801650304031303820a2100", 2592, true, 8 << 10),
  /** FIPS 205: rests on a hash function alone; slow to sign with, so for roots. */
  SLH_DSA_SHA2_192S("3040300b0609608648016503040316033100", 48, true, 20 << 10);

  private final String start;
  private final int rest;
  private final boolean postQuantum;
  private final int messageBytes;

  Algorithm(String start, int rest, boolean postQuantum, int messageBytes) {
    this.start = start;
    this.rest = rest;
    this.postQuantum = postQuantum;
    this.messageBytes = messageBytes;
  }

  /** The algorithm of a SubjectPublicKeyInfo in DER; empty if it is none of ours. */
  static Optional<Algorithm> of(byte[] spki) {
    return Arrays.stream(values())
        .filter(algorithm -> spki.length == algorithm.start.length() / 2 + algorithm.rest)
        .filter(algorithm ->
            HexFormat.of().formatHex(spki, 0, algorithm.start.length() / 2).equals(algorithm.start))
        .findFirst();
  }

  /** Whether a quantum computer leaves its signatures as they are. */
  public boolean postQuantum() {
    return postQuantum;
  }

  /** No signature message of this algorithm is longer. */
  public int messageBytes() {
    return messageBytes;
  }

  /** What commands and documents call it. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /** The one called {@code word}. */
  public static Optional<Algorithm> named(String word) {
    return Arrays.stream(values()).filter(algorithm -> algorithm.word().equals(word)).findFirst();
  }
}

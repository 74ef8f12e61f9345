package dev.postern.signer.cms;

/**
 * What a signature is about. Under 2.25 (UUIDs), so they are nobody else's; being signed, they keep
 * a signature made for one purpose from being taken for another.
 */
public enum ContentType {
  /** A bundle's manifest. */
  MANIFEST("2.25.158395745663890229657832246591650333639", "a bundle's manifest"),
  /** A {@code trust.json}. */
  TRUST("2.25.206441542048619030255191015279173149011", "a trust");

  private final String oid;
  private final String words;

  ContentType(String oid, String words) {
    this.oid = oid;
    this.words = words;
  }

  /** The eContentType. */
  public String oid() {
    return oid;
  }

  String words() {
    return words;
  }
}

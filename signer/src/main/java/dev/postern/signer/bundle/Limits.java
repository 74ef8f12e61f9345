package dev.postern.signer.bundle;

/** What a reader is ready to spend on a bundle it does not trust yet. */
public final class Limits {

  /** An archive is held in memory; policies of a million ranges stay below. */
  public static final int ARCHIVE_BYTES = 512 << 20;

  /** Evidence is a file an obligation; the largest examples have a few thousand. */
  public static final int MEMBERS = 65_536;

  /** The name field of a ustar header; the prefix field is not used. */
  public static final int NAME_BYTES = 100;

  private Limits() {}
}

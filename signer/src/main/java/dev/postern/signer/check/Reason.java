package dev.postern.signer.check;

import java.util.Locale;

/** Why a bundle is not trusted, in the order the checks are made. Codes are stable. */
public enum Reason {
  /** Not an archive as {@code Ustar} writes it, byte for byte. */
  ARCHIVE_MALFORMED,
  MANIFEST_MISSING,
  /** No signature at all. */
  UNSIGNED,
  /** A signature by a key that is not pinned: nobody vouches for that file. */
  SIGNER_UNKNOWN,
  /** A signature that is not of our CMS profile. */
  SIGNATURE_PROFILE,
  /** A signature that does not verify over the manifest's bytes. */
  SIGNATURE_INVALID,
  /** Fewer signers than the threshold. */
  THRESHOLD,
  /** Not an in-toto Statement of our predicate type, or with members we do not know. */
  MANIFEST_MALFORMED,
  /** The manifest lists a file that is not there. */
  MEMBER_MISSING,
  /** A file is there that the manifest does not list. */
  MEMBER_UNLISTED,
  /** A file is not the one the manifest lists. */
  DIGEST_MISMATCH,
  POLICY_MALFORMED,
  REPORT_MALFORMED,
  /** The report is about another policy. */
  REPORT_MISMATCH,
  /** The report's outcome or one of its findings is neither proved nor waived. */
  NOT_PROVED,
  /** The pages in the archive are not those in the policy. */
  CODE_MISMATCH,
  /** The manifest claims something that policy, report and source do not say. */
  CLAIM_MISMATCH;

  /** The code scripts match on. */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

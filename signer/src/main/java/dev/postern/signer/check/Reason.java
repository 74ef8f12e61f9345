package dev.postern.signer.check;

import java.util.Locale;

/** Why a bundle or a trust chain is not taken, in the order the checks are made. Stable codes. */
public enum Reason {
  /** Not an archive as {@code Ustar} writes it, byte for byte. */
  ARCHIVE_MALFORMED,
  MANIFEST_MISSING,
  /** The trust itself is too old to go by. */
  TRUST_EXPIRED,
  /** A link of a trust chain is not the version after the one before. */
  TRUST_CHAIN,
  /** Not a {@code trust.json}. */
  TRUST_MALFORMED,
  /** An older trust than the one this host goes by. */
  TRUST_ROLLBACK,
  /** No trust to go by. */
  TRUST_MISSING,
  /** No signature at all. */
  UNSIGNED,
  /** A signature by a key that is not pinned: nobody vouches for that file. */
  SIGNER_UNKNOWN,
  /** A signature that is not of our CMS profile. */
  SIGNATURE_PROFILE,
  /** A signature that does not verify over the signed bytes. */
  SIGNATURE_INVALID,
  /** Too few signed, and one who did used a revoked key. */
  KEY_REVOKED,
  /** Too few signed, and one who did used a key out of date. */
  KEY_EXPIRED,
  /** Too few signed, and one who did has another role. */
  ROLE,
  /** Fewer persons than the threshold. */
  THRESHOLD,
  /** Fewer persons with a post-quantum key than asked for. */
  POST_QUANTUM,
  /** Not an in-toto Statement of our predicate type, or with members we do not know. */
  MANIFEST_MALFORMED,
  /** Revoked by its id. */
  REVOKED,
  /** Asks for a loader that understands more. */
  LOADER_TOO_OLD,
  /** Asks for a later version of the trust. */
  TRUST_TOO_OLD,
  NOT_YET_VALID,
  EXPIRED,
  /** Good for longer than the trust allows, or for ever. */
  VALIDITY_TOO_LONG,
  /** Another policy set than the one wanted. */
  POLICY_SET,
  /** A version below the trust's floor. */
  BELOW_FLOOR,
  /** A security epoch below the trust's floor. */
  EPOCH_BELOW_FLOOR,
  /** Not newer than what is there. */
  NOT_NEWER,
  /** Was compared with another bundle than the one that is there. */
  SUPERSEDES,
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
  /** A waiver that the trust does not allow. */
  WAIVER,
  /** The pages in the archive are not those in the policy. */
  CODE_MISMATCH,
  /** The manifest claims something that policy, report and source do not say. */
  CLAIM_MISMATCH;

  /** The code scripts match on. */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

package dev.postern.loader;

import java.util.Locale;

/** Why a host refuses a trusted bundle, in the order it looks. Codes are stable. */
public enum HostReason {
  /** The host's clock is behind what its own journal says. */
  CLOCK_BEHIND,
  /** The bundle waives a rule, and the host's policy does not accept that. */
  WAIVER,
  /** The bundle's verification left rules out, and that was not allowed. */
  PARTIAL,
  /** The policy describes what no backend installs. */
  PLAN_IMPOSSIBLE,
  /** The plan signed into the bundle is not the one its policy gives. */
  PLAN_MISMATCH,
  /** The processor is not the one of the proofs, or too little is known of it. */
  HOST_FACTS,
  /** An assumption that no mechanism attests and nobody accepted. */
  ASSUMPTION,
  /** A window onto memory that the host's administrator has not approved. */
  NOT_APPROVED,
  /** Safe alone, and not together with what is installed. */
  COMPOSITION,
  /** The frame map is not one. */
  FRAMES_MALFORMED,
  /** The host's frames do not fit the plan. */
  FRAMES_UNSUITABLE,
  /**
   * The walker found something else than the plan in what was built: our bug, and never installed.
   */
  IMAGE_MISMATCH,
  /** A rule that was proved of the policy does not hold of the bytes. */
  BYTE_RULE,
  /** A step of the installation failed and was taken back. */
  STEP_FAILED;

  /** The code scripts match on. */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

package dev.postern.loader;

import java.util.Locale;

/** Why a host refuses a trusted bundle, in the order it looks. Codes are stable. */
public enum HostReason {
  /** The bundle's verification left rules out, and that was not allowed. */
  PARTIAL,
  /** The policy describes what no backend installs. */
  PLAN_IMPOSSIBLE,
  /** The plan signed into the bundle is not the one its policy gives. */
  PLAN_MISMATCH,
  /** The frame map is not one. */
  FRAMES_MALFORMED,
  /** The host's frames do not fit the plan. */
  FRAMES_UNSUITABLE,
  /**
   * The walker found something else than the plan in what was built: our bug, and never installed.
   */
  IMAGE_MISMATCH,
  /** A step of the installation failed and was taken back. */
  STEP_FAILED;

  /** The code scripts match on. */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

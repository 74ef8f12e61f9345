package dev.postern.cli;

import dev.postern.signer.statement.Tool;

/** What this program is, in {@code --version} and in every bundle it makes. */
final class Version {

  static final String NUMBER = "0.1.0";

  /** Written down, for this is shown without loading a solver; {@code VersionTest} compares. */
  static final Tool TOOL = new Tool("postern", NUMBER, "z3 4.14.1", 0, 50_000_000);

  private Version() {}
}

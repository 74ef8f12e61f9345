package dev.postern.cli;

import dev.postern.signer.bundle.Limits;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Claims;
import dev.postern.signer.check.Refusal;
import dev.postern.signer.file.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Bundles as files. */
final class BundleFiles {

  private static final int FRAMES_BYTES = 64 << 20;

  private BundleFiles() {}

  static byte[] read(Path bundle) throws Failure, IOException {
    return bounded(bundle, Limits.ARCHIVE_BYTES);
  }

  /** What the bundle says, if it fits; every reason against is printed. */
  static Claims.Consistent claims(byte[] bundle, Terminal terminal) throws Failure {
    return switch (BundleChecker.claims(bundle)) {
      case Claims.Consistent claims -> claims;
      case Claims.Refused(List<Refusal> refusals) -> throw notTrusted(refusals, terminal);
    };
  }

  /** Prints every reason. */
  static Failure notTrusted(List<Refusal> refusals, Terminal terminal) {
    refusals.forEach(refusal -> terminal.error("not trusted: " + refusal));
    return new Failure(ExitStatus.NOT_TRUSTED, "the bundle is not trusted, nothing was done");
  }

  /** A frame map, as bytes for the loader to judge. */
  static byte[] frames(Path file) throws Failure, IOException {
    return bounded(file, FRAMES_BYTES);
  }

  /** A file a person named: links are followed, its size is not believed. */
  static byte[] bounded(Path file, int limit) throws Failure, IOException {
    if (!Files.exists(file)) {
      throw Failure.badInput(file + ": no such file");
    }
    if (!Files.isRegularFile(file) || Files.size(file) > limit) {
      throw Failure.badInput(file + ": not a file of at most " + limit + " bytes");
    }
    return AtomicFile.read(file.toRealPath(), limit);
  }
}

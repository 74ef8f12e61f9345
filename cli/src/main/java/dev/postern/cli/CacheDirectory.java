package dev.postern.cli;

import dev.postern.checker.Checker;
import dev.postern.model.Bytes;
import dev.postern.signer.file.AtomicFile;
import dev.postern.verifier.evidence.EvidenceCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Evidence in a plain folder, by the digest of what it shows; may be shared and may be hostile.
 * Nothing but regular files of bounded size is read, and a file that cannot be read or written is
 * one that is not there.
 */
final class CacheDirectory implements EvidenceCache {

  private static final int FILE_BYTES = 64 << 20;

  private final Path directory;

  private CacheDirectory(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  /** Kept between runs: evidence for another checker has a place of its own. */
  static CacheDirectory cache(Path directory) throws IOException {
    return new CacheDirectory(directory.resolve("v" + Checker.VERSION));
  }

  /** The evidence of one bundle, as its {@code evidence/} has it. */
  static CacheDirectory evidence(Path directory) throws IOException {
    return new CacheDirectory(directory);
  }

  @Override
  public Optional<Bytes> get(String file) {
    Path path = directory.resolve(file);
    try {
      return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) && Files.size(path) <= FILE_BYTES
          ? Optional.of(Bytes.of(AtomicFile.read(path, FILE_BYTES)))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public void put(String file, Bytes evidence) {
    try {
      OutputFiles.write(directory.resolve(file), evidence.toArray());
    } catch (IOException e) {
      // A full or read-only cache costs time, nothing else.
    }
  }
}

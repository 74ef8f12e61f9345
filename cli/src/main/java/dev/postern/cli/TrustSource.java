package dev.postern.cli;

import dev.postern.json.JsonException;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.PinnedKeys;
import dev.postern.signer.trust.Trust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@code --trust} names: one {@code trust.json}, or bare certificates and public keys. */
final class TrustSource {

  private static final int TRUST_BYTES = 8 << 20;

  private TrustSource() {}

  static Trust read(List<Path> files) throws Failure, IOException {
    List<byte[]> pem = new ArrayList<>();
    for (Path file : files) {
      byte[] bytes = BundleFiles.bounded(file, TRUST_BYTES);
      if (bytes.length > 0 && bytes[0] == '{') {
        if (files.size() > 1) {
          throw Failure.badInput(file + ": a trust.json stands alone");
        }
        return one(file, bytes);
      }
      pem.add(bytes);
    }
    try {
      return Trust.of(PinnedKeys.read(pem));
    } catch (KeyException e) {
      throw Failure.badInput(files.getFirst() + ": " + e.getMessage());
    }
  }

  /** A {@code trust.json}. */
  static Trust read(Path file) throws Failure, IOException {
    return one(file, BundleFiles.bounded(file, TRUST_BYTES));
  }

  private static Trust one(Path file, byte[] bytes) throws Failure {
    try {
      return Trust.read(bytes);
    } catch (JsonException e) {
      throw Failure.badInput(file + ": " + e.getMessage());
    }
  }
}

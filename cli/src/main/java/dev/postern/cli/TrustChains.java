package dev.postern.cli;

import dev.postern.json.JsonException;
import dev.postern.model.Bytes;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustChain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;

/** Trust chains as files. */
final class TrustChains {

  private static final int CHAIN_BYTES = 64 << 20;

  private TrustChains() {}

  /** A chain, and the trust its next version follows. */
  record Position(TrustChain chain, Trust last) {}

  static TrustChain read(Path file) throws Failure, IOException {
    try {
      return TrustChain.read(BundleFiles.bounded(file, CHAIN_BYTES));
    } catch (ArchiveException e) {
      throw Failure.badInput(file + ": not a trust chain: " + e.getMessage());
    }
  }

  static byte[] bytes(Path file) throws Failure, IOException {
    return BundleFiles.bounded(file, CHAIN_BYTES);
  }

  /** A trust in a chain. */
  static Trust trust(Path file, long version, TrustChain.Link link) throws Failure {
    try {
      return Trust.read(link.trust().toArray());
    } catch (JsonException e) {
      throw Failure.badInput(file + ": version " + version + ": " + e.getMessage());
    }
  }

  /** Where a chain that begins behind {@code trust} ends; the trust itself if there is none yet. */
  static Position position(Path trust, Path chain) throws Failure, IOException {
    OutputFiles.requireDirectory(chain);
    Trust current = TrustSource.read(trust);
    if (!Files.exists(chain)) {
      return new Position(new TrustChain(new TreeMap<>()), current);
    }
    TrustChain links = read(chain);
    long version = links.links().lastKey();
    Trust last = trust(chain, version, links.links().lastEntry().getValue());
    return new Position(links, last.version() < current.version() ? current : last);
  }

  static ExitStatus write(Position position, Trust next, Path chain, Terminal terminal)
      throws Failure, IOException {
    TrustChain.Link link = new TrustChain.Link(Bytes.of(next.write()), new TreeMap<>());
    OutputFiles.write(chain, position.chain().with(next.version(), link).bytes());
    terminal.print(TrustText.of(next));
    terminal.line("wrote " + chain + ", version " + next.version() + " unsigned");
    return ExitStatus.OK;
  }
}

package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern trust revoke}. */
@CommandLine.Command(
    name = "revoke",
    header = "Writes a next version of a trust that revokes keys or bundles.",
    description = "Nothing a revoked key signed counts, whenever it signed.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern trust revoke trust.json --chain next.chain --revoke-key 3f9a20c1",
      "  postern trust revoke trust.json --chain next.chain --revoke-bundle bad.bundle"
    })
final class TrustRevokeCommand extends Command {

  @Parameters(paramLabel = "TRUST", description = "the trust.json hosts have")
  private Path trust = Path.of("");

  @Option(
      names = "--chain",
      required = true,
      paramLabel = "FILE",
      description = "the chain, which gains the version; made if not there")
  private Path chain = Path.of("");

  @Option(names = "--revoke-key", paramLabel = "KEYID", description = "a key; repeatable")
  private List<String> keys = List.of();

  @Option(
      names = "--revoke-bundle",
      paramLabel = "ID|BUNDLE",
      description = "a bundle, by its id or as a file; repeatable")
  private List<String> bundles = List.of();

  TrustRevokeCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    if (keys.isEmpty() && bundles.isEmpty()) {
      throw Failure.badInput("nothing to revoke; hint: --revoke-key or --revoke-bundle");
    }
    TrustChains.Position position = TrustChains.position(trust, chain);
    TrustDraft draft = new TrustDraft(position.last());
    for (String key : keys) {
      draft.revokeKey(key);
    }
    for (String bundle : bundles) {
      draft.revokedBundles.add(
          bundle.matches("[0-9a-f]{96}")
              ? bundle
              : BundleFiles.claims(BundleFiles.read(Path.of(bundle)), terminal).id());
    }
    return TrustChains.write(position, draft.finish(), chain, terminal);
  }
}

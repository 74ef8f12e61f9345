package dev.postern.cli;

import dev.postern.model.Bytes;
import dev.postern.signer.cms.CmsSigner;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustChain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code postern trust sign}. */
@CommandLine.Command(
    name = "sign",
    header = "Adds a signature to the last version of a trust chain, after showing it.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern trust sign next.chain --key ruth.key"})
final class TrustSignCommand extends Command {

  @Parameters(paramLabel = "CHAIN", description = "the chain, which gains the signature")
  private Path file = Path.of("");

  @Mixin private SigningKey key = new SigningKey();
  @Mixin private Confirmation confirmation = new Confirmation();

  TrustSignCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    TrustChain chain = TrustChains.read(file);
    long version = chain.links().lastKey();
    TrustChain.Link link = chain.links().lastEntry().getValue();
    Trust trust = TrustChains.trust(file, version, link);
    terminal.print(TrustText.of(trust));
    boolean unattended = confirmation.unattended(trust.id(), terminal);
    try {
      OperatorKey signer = key.open(terminal);
      byte[] signature =
          CmsSigner.sign(link.trust().toArray(), ContentType.TRUST, signer, unattended);
      SortedMap<String, Bytes> signatures = new TreeMap<>(link.signatures());
      signatures.put(signer.keyId(), Bytes.of(signature));
      OutputFiles.write(
          file, chain.with(version, new TrustChain.Link(link.trust(), signatures)).bytes());
      terminal.line("signed by " + signer.keyId() + (unattended ? ", unattended" : ""));
      return ExitStatus.OK;
    } catch (KeyException e) {
      throw Failure.badInput(String.valueOf(e.getMessage()));
    }
  }
}

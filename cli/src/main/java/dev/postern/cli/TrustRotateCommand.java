package dev.postern.cli;

import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.TrustedKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern trust rotate}. */
@CommandLine.Command(
    name = "rotate",
    header = "Writes the next version of a trust, to be signed by the old root and the new.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern trust rotate trust.json --chain next.chain --operator carol=carol.crt --days 365",
      "  postern trust sign next.chain --key ruth.key",
      "  postern trust update trust.json next.chain"
    })
final class TrustRotateCommand extends Command {

  @Parameters(paramLabel = "TRUST", description = "the trust.json hosts have")
  private Path trust = Path.of("");

  @Option(
      names = "--chain",
      required = true,
      paramLabel = "FILE",
      description = "the chain, which gains the version; made if not there")
  private Path chain = Path.of("");

  @Option(
      names = "--remove-key",
      paramLabel = "KEYID",
      description = "this key leaves all roles; repeatable")
  private List<String> removed = List.of();

  @Option(
      names = "--forbid-waiver",
      paramLabel = "RULE",
      description = "bundles may no longer waive this rule; repeatable")
  private List<String> forbidden = List.of();

  @Option(
      names = "--key-expires",
      paramLabel = "KEYID=MOMENT",
      description = "signatures of this key do not count after; repeatable")
  private List<String> ends = List.of();

  @Option(
      names = "--new-ratchet",
      description = "hosts forget which versions they had; the floors then hold")
  private boolean ratchet;

  @Mixin private TrustChanges changes = new TrustChanges();

  TrustRotateCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    TrustChains.Position position = TrustChains.position(trust, chain);
    TrustDraft draft = new TrustDraft(position.last());
    changes.apply(draft);
    for (String prefix : removed) {
      String id = draft.key(prefix);
      for (SortedSet<String> role : draft.members.values()) {
        role.remove(id);
      }
      draft.keys.remove(id);
    }
    draft.waivers.removeAll(new TreeSet<>(forbidden));
    for (String end : ends) {
      int equals = end.indexOf('=');
      if (equals < 0) {
        throw Failure.badInput("'" + end + "' is not KEYID=MOMENT");
      }
      String id = draft.key(end.substring(0, equals));
      TrustedKey key = draft.keys.get(id);
      if (key != null) {
        draft.keys.put(
            id,
            new TrustedKey(
                key.key(),
                key.person(),
                Optional.of(Moments.parse(end.substring(equals + 1))),
                key.state()));
      }
    }
    if (ratchet) {
      draft.ratchetEpoch++;
    }
    draft
        .members
        .entrySet()
        .removeIf(role -> role.getKey() == Role.Name.CI && role.getValue().isEmpty());
    return TrustChains.write(position, draft.finish(), chain, terminal);
  }
}

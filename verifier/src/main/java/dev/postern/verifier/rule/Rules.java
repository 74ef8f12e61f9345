package dev.postern.verifier.rule;

import dev.postern.model.RuleId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The rules that exist, and those the catalogue demands of a verification. */
public final class Rules {

  /** In catalogue order. */
  public static final List<Rule> ALL =
      List.of(
          new EptWellFormed(),
          new EptpListExact(),
          new DestinationApproved(),
          new WindowsNotExecutable(),
          new FramesWriteXorExecute(),
          new NoForeignWriter(),
          new ControlFramesUnreachable(),
          new PrivateStatePrivate(),
          new MemoryTypeConsistent(),
          new DirtyTrackingCompatible(),
          new TableFramesUnshared(),
          new DoorbellAlone(),
          new VmfuncConfined(),
          new LockSufficient(),
          new LandingSafe(),
          new EntryState(),
          new ExitScrubbed(),
          new CodeContained(),
          new AccessesInWindows(),
          new Bounded(),
          new EventsConfined(),
          new PlatformPinned(),
          new Speculation(),
          new GateLive());

  /** What a complete run consists of: the catalogue without what the loader decides. */
  public static final List<RuleId> CATALOGUE =
      Arrays.stream(RuleId.values()).filter(rule -> rule.level() != RuleId.Level.LOAD).toList();

  private Rules() {}

  public static Optional<Rule> of(RuleId id) {
    return ALL.stream().filter(rule -> rule.id() == id).findFirst();
  }
}

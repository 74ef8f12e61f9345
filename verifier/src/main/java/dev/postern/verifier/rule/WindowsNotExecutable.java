package dev.postern.verifier.rule;

import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.frame.Entries;
import dev.postern.verifier.frame.FrameIndex;
import java.util.List;
import java.util.Optional;

/** O-38: in a protected view nothing but trampolines and code can be executed, at any privilege. */
final class WindowsNotExecutable implements Rule {

  @Override
  public RuleId id() {
    return RuleId.WINDOWS_NOT_EXECUTABLE;
  }

  @Override
  public String statement() {
    return "in a protected view only trampolines and protected code have X, and under mode-based"
        + " execute control only they have user-execute";
  }

  @Override
  public String attack() {
    return "the other side of a window writes instructions into it, and control flow in the"
        + " protected view, once led there, runs them with all windows in reach";
  }

  @Override
  public List<String> assumptions() {
    return List.of();
  }

  @Override
  public List<Finding> check(Verification run) {
    return run.each(run.protectedViews(), view -> check(run, view));
  }

  private Finding check(Verification run, View view) {
    Verification.Stopwatch watch = run.stopwatch();
    FrameIndex index = FrameIndex.of(run);
    Obligation obligation =
        new Obligation(id(), List.of("O-38"), view.name(), "windows", Optional.of(view.at()));
    List<Mapping> data = view.mappings().stream().filter(m -> !holdsCode(m)).toList();
    run.covers(id(), "windows", data.size());
    for (Mapping mapping : data) {
      if (executable(index, mapping)) {
        String message =
            mapping.name() + " is " + mapping.leaf().permissions() + " and holds no verified code";
        return new Obligation(
                id(), List.of("O-38"), view.name(), mapping.name(), Optional.of(mapping.at()))
            .refuted(
                message,
                Replay.access(
                    run.policy(),
                    message,
                    new Access.InView(view.vm(), view.index(), mapping.gpa(), Access.Kind.X)),
                watch.by("enumeration"));
      }
    }
    return obligation.proved(
        "no execution from " + data.size() + " mappings of data", watch.by("enumeration"));
  }

  private static boolean executable(FrameIndex index, Mapping mapping) {
    Entries entries = index.entries();
    PageSize size = mapping.pageSize();
    long entry = Entries.leaf(mapping.leaf(), size, index.address(mapping.frames()));
    return entries.executable(mapping.leaf()) && entries.misconfiguration(entry, size).isEmpty();
  }

  private static boolean holdsCode(Mapping mapping) {
    return switch (mapping.role()) {
      case TRAMPOLINE, CODE -> true;
      case RAM, CONSTANT, PRIVATE, SOURCE_WINDOW, DESTINATION_WINDOW, PAGING -> false;
    };
  }
}

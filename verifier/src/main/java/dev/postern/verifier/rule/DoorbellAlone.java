package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.ControlRegion;
import dev.postern.model.Doorbell;
import dev.postern.model.Frames;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.DoorbellStatement;
import dev.postern.verifier.access.DoorbellStatement.By;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.access.Statement;
import dev.postern.verifier.frame.FrameIndex;
import dev.postern.verifier.frame.Holder;
import dev.postern.verifier.frame.Reach;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * O-81: a doorbell page has two parties, nothing else of value, and a wait without exits. A store
 * to it carries no information but that it happened, so protected code may make it at any time, and
 * whoever waits reads nothing from the page that it believes.
 *
 * <p>Hypervisor structures on the page are control-frames-unreachable's, its memory type is
 * memory-type-consistent's: MONITOR watches write-back memory only (SDM vol. 2, MONITOR).
 */
final class DoorbellAlone implements Rule {

  @Override
  public RuleId id() {
    return RuleId.DOORBELL_ALONE;
  }

  @Override
  public String statement() {
    return "a doorbell is one page that its owner and the views of the sources it is approved for"
        + " reach and nobody else; nothing else is approved on it; some view can ring it; the exits"
        + " of the processor that waits are as its way to wait needs them";
  }

  @Override
  public String attack() {
    return "a third party that can write the page wakes the waiter at will; one that can read it"
        + " learns when packets arrive; a ring on the same page is believed by whoever was woken";
  }

  @Override
  public List<String> assumptions() {
    return List.of("frames-distinct", "O-33", "K20");
  }

  @Override
  public List<Finding> check(Verification run) {
    List<Finding> findings = new ArrayList<>();
    for (Vm owner : run.policy().vms()) {
      for (Vm.Approval approval : owner.approvals()) {
        approval
            .doorbell()
            .ifPresent(bell -> findings.addAll(new OfDoorbell(run, owner, approval, bell).check()));
      }
    }
    Set<String> told = findings.stream().map(Finding::view).collect(Collectors.toSet());
    for (View view : run.protectedViews()) {
      run.covers(id(), "views", 1);
      if (!told.contains(view.name())) {
        findings.add(
            new Obligation(id(), List.of("O-81"), view.name(), "doorbells", Optional.of(view.at()))
                .proved(
                    "shows no doorbell but those decided with another view",
                    run.stopwatch().by("enumeration")));
      }
    }
    return findings;
  }

  /** The obligations of one doorbell. */
  private final class OfDoorbell {

    private final Verification run;
    private final Policy policy;
    private final Vm owner;
    private final Vm.Approval approval;
    private final Doorbell bell;
    private final FrameIndex index;

    OfDoorbell(Verification run, Vm owner, Vm.Approval approval, Doorbell bell) {
      this.run = run;
      this.policy = run.policy();
      this.owner = owner;
      this.approval = approval;
      this.bell = bell;
      this.index = FrameIndex.of(run);
    }

    List<Finding> check() {
      run.covers(id(), "doorbells", 1);
      return List.of(
          decide(
              "page",
              size().or(this::beside),
              "something else is on the page of a doorbell, and is written whenever it is rung",
              "one page, approved for nothing else"),
          decide(
              "parties",
              stranger(),
              "a third party rings the doorbell, or sees when it is rung",
              "reached by its owner and by windows onto it alone"),
          decide("rung", silent(), "nobody can ring the doorbell", "a view can store to it"),
          decide(
              "wait",
              exits().or(this::notPosted),
              "the owner of the doorbell waits with exits that cost more than the wait saves, or"
                  + " keeps its processor for good",
              "exits are as the wait needs them"));
    }

    private Finding decide(String what, Optional<Statement> flaw, String attack, String holds) {
      Verification.Stopwatch watch = run.stopwatch();
      Obligation obligation =
          new Obligation(
              id(),
              List.of("O-81"),
              view(),
              owner.name() + "." + approval.name() + ": " + what,
              Optional.of(approval.at()));
      return flaw.map(fact ->
              obligation.refuted(
                  attack, Replay.statement(policy, attack, fact), watch.by("enumeration")))
          .orElseGet(() -> obligation.proved(holds, watch.by("enumeration")));
    }

    /** The first view that shows the page; none where the flaw is that none does. */
    private String view() {
      return run.protectedViews().stream()
          .filter(view -> view.vm().equals(approval.source()))
          .filter(view -> reach(index.holder(view)).isPresent())
          .map(View::name)
          .findFirst()
          .orElse("");
    }

    private Optional<Statement> size() {
      return approval.size() == PageSize.SMALL.bytes()
          ? Optional.empty()
          : Optional.of(new DoorbellStatement.Size(owner.name(), approval.name()));
    }

    private Optional<Statement> beside() {
      for (Vm vm : policy.vms()) {
        for (Vm.Approval other : vm.approvals()) {
          if (other.doorbell().isEmpty() && meet(other.frames())) {
            return Optional.of(
                new DoorbellStatement.Beside(
                    owner.name(), approval.name(), vm.name(), other.name()));
          }
        }
      }
      return Optional.empty();
    }

    private Optional<Statement> stranger() {
      for (Holder holder : index.holders()) {
        Optional<Statement> found =
            switch (holder.via()) {
              case DEFAULT_VIEW -> mine(holder) ? Optional.empty() : through(holder, reach(holder));
              case PROTECTED_VIEW -> through(holder, notWindow(holder));
              case MACHINE ->
                  mine(holder)
                      ? Optional.empty()
                      : reach(holder).map(reach -> reached(By.MACHINE, holder.machine(), ""));
              case MEMORY_SLOT ->
                  // The owner's: its own backends. Another's with fixed frames: its guest's default
                  // view need not map them, its host-side writers reach them all the same.
                  mine(holder)
                      ? Optional.empty()
                      : reach(holder).map(reach -> reached(By.MACHINE, holder.machine(), ""));
              case DMA -> reach(holder).map(reach -> reached(By.DEVICE, holder.machine(), ""));
              case CONTROL, TABLE -> Optional.empty();
            };
        if (found.isPresent()) {
          return found;
        }
      }
      return Optional.empty();
    }

    private boolean mine(Holder holder) {
      return holder.machine().equals(owner.name());
    }

    /** A mapping of a protected view that shows the page as anything but this doorbell. */
    private Optional<Reach> notWindow(Holder holder) {
      boolean approved =
          policy.vms().stream()
              .flatMap(vm -> vm.approvals().stream())
              .anyMatch(other ->
                  other.doorbell().isPresent()
                      && other.source().equals(holder.machine())
                      && meet(other.frames()));
      return holder.reaches().stream()
          .filter(reach -> meet(reach.frames()))
          .filter(
              reach -> !(approved && reach.use().roles().equals(Set.of(Role.DESTINATION_WINDOW))))
          .findFirst();
    }

    private Optional<Statement> through(Holder holder, Optional<Reach> reach) {
      return reach.map(
          it -> reached(By.VIEW, holder.view().map(View::name).orElseThrow(), it.name()));
    }

    private Statement reached(By by, String holder, String through) {
      return new DoorbellStatement.Reached(owner.name(), approval.name(), by, holder, through);
    }

    private Optional<Reach> reach(Holder holder) {
      return holder.reaches().stream().filter(reach -> meet(reach.frames())).findFirst();
    }

    private Optional<Statement> silent() {
      boolean rung =
          run.protectedViews().stream()
              .filter(view -> view.vm().equals(approval.source()))
              .flatMap(view -> index.holder(view).reaches().stream())
              .anyMatch(reach -> meet(reach.frames()) && reach.use().writes());
      return rung
          ? Optional.empty()
          : Optional.of(new DoorbellStatement.Silent(owner.name(), approval.name()));
    }

    private Optional<Statement> exits() {
      for (Doorbell.Exit exit : Doorbell.Exit.values()) {
        boolean on = bell.exits().contains(exit);
        if (on ? bell.way().off().contains(exit) : bell.way().on().contains(exit)) {
          return Optional.of(new DoorbellStatement.Exits(owner.name(), approval.name(), exit));
        }
      }
      return Optional.empty();
    }

    private Optional<Statement> notPosted() {
      return switch (bell.way()) {
        case PAUSE, MWAIT -> Optional.empty();
        case POSTED_INTERRUPT -> {
          boolean off = owner.source() && owner.controls().holds(Control.K11);
          boolean descriptor =
              policy.controlRegions().stream()
                  .anyMatch(r -> r.kind() == ControlRegion.Kind.POSTED_INTERRUPT_DESCRIPTOR);
          yield off || !descriptor
              ? Optional.of(new DoorbellStatement.NotPosted(owner.name(), approval.name()))
              : Optional.empty();
        }
      };
    }

    private boolean meet(Frames frames) {
      long first = index.space().first(approval.frames());
      long last = index.space().last(approval.frames());
      return Long.compareUnsigned(index.space().first(frames), last) <= 0
          && Long.compareUnsigned(first, index.space().last(frames)) <= 0;
    }
  }
}

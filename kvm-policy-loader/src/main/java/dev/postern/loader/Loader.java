package dev.postern.loader;

import dev.postern.json.JsonException;
import dev.postern.loader.attest.Attestations;
import dev.postern.loader.compose.Clash;
import dev.postern.loader.compose.Composition;
import dev.postern.loader.ept.BuildException;
import dev.postern.loader.ept.ByteRules;
import dev.postern.loader.ept.CodeScan;
import dev.postern.loader.ept.EptBuilder;
import dev.postern.loader.ept.EptImage;
import dev.postern.loader.ept.ImageComparer;
import dev.postern.loader.host.Approved;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.host.Host;
import dev.postern.loader.install.Candidate;
import dev.postern.loader.install.InstallException;
import dev.postern.loader.install.Installer;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.plan.PlanResult;
import dev.postern.loader.plan.Planner;
import dev.postern.loader.trust.Event;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.loader.trust.StateException;
import dev.postern.model.Bytes;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.check.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The order of a load, each step refusing before the next begins: what was interrupted, the clock,
 * trust, the bundle by that trust (its versions among it), waivers, plan, processor, assumptions,
 * approvals, what is installed, frames, image, comparison, rules on the bytes; then the
 * transaction.
 */
public final class Loader {

  /** What {@code host.json} accepts where a clock was wrong and is right now. */
  private static final String CLOCK = "clock";

  private static final int RECORDED_REASONS = 64;
  private static final int RECORDED_LENGTH = 500;

  private final LoadRequest request;
  private final Installer installer;
  private final Optional<StateDirectory> state;

  private Loader(LoadRequest request, Installer installer, Optional<StateDirectory> state) {
    this.request = request;
    this.installer = installer;
    this.state = state;
  }

  /**
   * Loads through {@code installer}.
   *
   * @param state the host's memory; absent only where an image is made for a host elsewhere
   */
  public static LoadResult load(
      LoadRequest request, Installer installer, Optional<StateDirectory> state)
      throws StateException, IOException {
    return new Loader(request, installer, state).run(false);
  }

  /** Everything but the installation; the answer is the plan, and nothing is written anywhere. */
  public static LoadResult dryRun(
      LoadRequest request, Installer installer, Optional<StateDirectory> state)
      throws StateException, IOException {
    return new Loader(request, installer, state).run(true);
  }

  private LoadResult run(boolean dry) throws StateException, IOException {
    if (state.isPresent() && !dry) {
      Recovery.settle(state.get());
    }
    Optional<String> setBack = clockSetBack();
    if (setBack.isPresent()) {
      record(Optional.empty(), List.of(setBack.get()), dry);
      return LoadResult.Refused.of(HostReason.CLOCK_BEHIND, setBack.get());
    }
    return switch (HostTrust.of(request, state, dry)) {
      case HostTrust.Answer.Refused(var refusals) -> notTrusted(refusals, dry);
      case HostTrust.Answer.Found(HostTrust trust) ->
          switch (BundleChecker.check(
              request.bundle().toArray(), trust.trust(), trust.occasion())) {
            case Check.Refused(var refusals) -> notTrusted(refusals, dry);
            case Check.Trusted(CheckedBundle bundle) -> {
              trust.settle();
              yield trusted(bundle, trust, dry);
            }
          };
    };
  }

  /** Time as this host wrote it down: before that nothing is fresh again that had ended (S-80). */
  private Optional<String> clockSetBack() {
    boolean believed =
        request.host().map(host -> host.policy().accepted().containsKey(CLOCK)).orElse(false);
    return believed
        ? Optional.empty()
        : state
            .flatMap(StateDirectory::clockBehind)
            .map(latest -> "the journal has an entry of " + latest + "; hint: accept " + CLOCK);
  }

  private LoadResult notTrusted(List<Refusal> refusals, boolean dry) throws IOException {
    record(Optional.empty(), refusals.stream().map(Object::toString).toList(), dry);
    return new LoadResult.NotTrusted(refusals);
  }

  private LoadResult trusted(CheckedBundle bundle, HostTrust trust, boolean dry)
      throws StateException, IOException {
    try {
      State.Ratchet ratchet =
          new State.Ratchet(trust.ratchetEpoch(), bundle.policy().version(), bundle.id());
      requireComplete(bundle);
      InstallPlan plan = plan(bundle);
      List<String> attestations = new ArrayList<>(trust.notices());
      attestations.addAll(requireHost(bundle));
      requireComposition(bundle.policy());
      Candidate candidate = candidate(bundle, plan);
      return dry
          ? new LoadResult.Planned(plan, attestations)
          : new Transaction(installer, state, candidate, ratchet, attestations).run();
    } catch (Refusing refusing) {
      List<String> reasons =
          refusing.result().refusals().stream().map(HostRefusal::toString).toList();
      record(Optional.of(bundle), reasons, dry);
      return refusing.result();
    }
  }

  private void record(Optional<CheckedBundle> bundle, List<String> reasons, boolean dry)
      throws IOException {
    if (state.isPresent() && !dry) {
      state
          .get()
          .record(
              Event.refused(
                  bundle.map(b -> b.policy().name()),
                  bundle.map(CheckedBundle::id),
                  bounded(reasons)));
    }
  }

  /** What a stranger's archive can make us write into the journal has an end. */
  static List<String> bounded(List<String> reasons) {
    List<String> kept = new ArrayList<>();
    for (String reason : reasons.subList(0, Math.min(reasons.size(), RECORDED_REASONS))) {
      kept.add(
          reason.length() <= RECORDED_LENGTH ? reason : reason.substring(0, RECORDED_LENGTH) + "…");
    }
    if (reasons.size() > RECORDED_REASONS) {
      kept.add((reasons.size() - RECORDED_REASONS) + " more");
    }
    return kept;
  }

  private void requireComplete(CheckedBundle bundle) throws Refusing {
    if (request.host().isPresent()) {
      Host host = request.host().get();
      Refusing.unlessEmpty(
          HostReason.WAIVER,
          bundle.policy().waivers().stream()
              .filter(waiver -> !host.policy().waivers().containsKey(waiver.rule()))
              .map(waiver -> waiver.rule() + " is waived: " + waiver.reason())
              .toList());
    }
    if (bundle.partial() && !request.allowPartial()) {
      throw Refusing.because(
          HostReason.PARTIAL,
          "rules not verified: " + String.join(", ", bundle.report().missing()));
    }
  }

  private static InstallPlan plan(CheckedBundle bundle) throws Refusing {
    InstallPlan plan =
        switch (Planner.plan(bundle.policy())) {
          case PlanResult.Planned(InstallPlan planned) -> planned;
          case PlanResult.Refused(List<String> reasons) -> {
            Refusing.unlessEmpty(HostReason.PLAN_IMPOSSIBLE, reasons);
            throw new AssertionError("a refused plan has a reason");
          }
        };
    if (!Bytes.of(plan.canonical()).equals(bundle.plan())) {
      throw Refusing.because(
          HostReason.PLAN_MISMATCH, "the signed plan is not the one the policy gives");
    }
    return plan;
  }

  /** Processor, assumptions, approvals; the answer is how each assumption is met. */
  private List<String> requireHost(CheckedBundle bundle) throws Refusing, IOException {
    if (request.host().isEmpty()) {
      return List.of();
    }
    Host host = request.host().get();
    Refusing.unlessEmpty(
        HostReason.HOST_FACTS,
        installer.facts().orElse(host.facts()).differences(bundle.policy().cpu()));
    Attestations attestations =
        Attestations.of(bundle.report(), installer.mechanisms(), host.policy());
    Refusing.unlessEmpty(HostReason.ASSUMPTION, attestations.unmet());
    Refusing.unlessEmpty(HostReason.NOT_APPROVED, notApproved(bundle.policy(), host.approved()));
    return attestations.met();
  }

  private static List<String> notApproved(Policy policy, Approved approved) {
    List<String> windows = new ArrayList<>();
    for (View view : policy.views()) {
      for (Mapping mapping : view.mappings()) {
        boolean writes = mapping.leaf().write() || mapping.leaf().subPageWrite();
        if (mapping.role() == Role.DESTINATION_WINDOW
            && !approved.covers(view.vm(), mapping.frames(), writes)) {
          windows.add(
              "window "
                  + view.name()
                  + "."
                  + mapping.name()
                  + ": "
                  + (writes ? "writing " : "reading ")
                  + mapping.frames().owner()
                  + " at 0x"
                  + Long.toHexString(mapping.frames().offset())
                  + " size 0x"
                  + Long.toHexString(mapping.frames().size())
                  + " is not approved for "
                  + view.vm());
        }
      }
    }
    return windows;
  }

  private void requireComposition(Policy next) throws Refusing, StateException, IOException {
    if (state.isEmpty()) {
      return;
    }
    List<Policy> installed = new ArrayList<>();
    for (var entry : state.get().state().installed().entrySet()) {
      if (!entry.getKey().equals(next.name())) {
        installed.add(state.get().policy(entry.getValue().policySha256()));
      }
    }
    Refusing.unlessEmpty(
        HostReason.COMPOSITION,
        Composition.check(installed, next).stream().map(Clash::toString).toList());
  }

  private FrameMap frames(CheckedBundle bundle, InstallPlan plan)
      throws Refusing, JsonException, IOException {
    try {
      Optional<FrameMap> handedOut = installer.frames(bundle, plan);
      if (handedOut.isPresent()) {
        return handedOut.get();
      }
    } catch (InstallException e) {
      throw Refusing.because(HostReason.FRAMES_UNSUITABLE, String.valueOf(e.getMessage()));
    }
    return FrameMap.read(request.frames().map(Bytes::toArray).orElseGet(() -> new byte[0]));
  }

  private Candidate candidate(CheckedBundle bundle, InstallPlan plan) throws Refusing, IOException {
    FrameMap frames;
    EptImage image;
    try {
      frames = frames(bundle, plan);
      image = EptBuilder.build(plan, frames, bundle.id());
    } catch (JsonException e) {
      throw Refusing.because(HostReason.FRAMES_MALFORMED, "frame map: " + e.getMessage());
    } catch (BuildException e) {
      throw Refusing.because(HostReason.FRAMES_UNSUITABLE, String.valueOf(e.getMessage()));
    }
    Refusing.unlessEmpty(HostReason.IMAGE_MISMATCH, ImageComparer.compare(image, plan, frames));
    Approved approved =
        request.host().map(Host::approved).orElseGet(() -> Approved.by(bundle.policy()));
    List<ByteRules.Violation> violations =
        new ArrayList<>(ByteRules.decide(image, plan, frames, approved));
    violations.addAll(CodeScan.scan(image, bundle.policy(), plan));
    Refusing.unlessEmpty(
        HostReason.BYTE_RULE, violations.stream().map(v -> v.rule() + ": " + v.detail()).toList());
    return new Candidate(bundle, plan, frames, image, before(plan));
  }

  private Optional<State.Installed> before(InstallPlan plan) {
    return state
        .flatMap(now -> Optional.ofNullable(now.state().installed().get(plan.policySet())))
        .filter(recorded -> recorded.backend().equals(installer.name()));
  }

  /** Kept apart for its wording: what a failed step left behind. */
  static LoadResult.Refused stepFailed(InstallException e) {
    return LoadResult.Refused.of(HostReason.STEP_FAILED, String.valueOf(e.getMessage()));
  }
}

package dev.postern.loader;

import dev.postern.json.JsonException;
import dev.postern.loader.ept.BuildException;
import dev.postern.loader.ept.EptBuilder;
import dev.postern.loader.ept.EptImage;
import dev.postern.loader.ept.ImageComparer;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.install.InstallException;
import dev.postern.loader.install.Installer;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.plan.PlanResult;
import dev.postern.loader.plan.Planner;
import dev.postern.model.Bytes;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.CheckedBundle;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The order of a load, each step refusing before the next begins: trust, completeness, plan,
 * frames, image, comparison, installation.
 */
public final class Loader {

  private Loader() {}

  /** Loads through {@code installer}. */
  public static LoadResult load(LoadRequest request, Installer installer) throws IOException {
    return run(request, Optional.of(installer));
  }

  /** Everything but the installation; the answer is the plan. */
  public static LoadResult dryRun(LoadRequest request) throws IOException {
    return run(request, Optional.empty());
  }

  private static LoadResult run(LoadRequest request, Optional<Installer> installer)
      throws IOException {
    return switch (BundleChecker.check(request.bundle().toArray(), request.keys())) {
      case Check.Refused(var refusals) -> new LoadResult.NotTrusted(refusals);
      case Check.Trusted(CheckedBundle bundle) -> trusted(bundle, request, installer);
    };
  }

  private static LoadResult trusted(
      CheckedBundle bundle, LoadRequest request, Optional<Installer> installer) throws IOException {
    if (bundle.partial() && !request.allowPartial()) {
      return LoadResult.Refused.of(
          HostReason.PARTIAL,
          "rules not verified: " + String.join(", ", bundle.report().missing()));
    }
    return switch (Planner.plan(bundle.policy())) {
      case PlanResult.Refused(List<String> reasons) ->
          new LoadResult.Refused(
              reasons.stream()
                  .map(reason -> new HostRefusal(HostReason.PLAN_IMPOSSIBLE, reason))
                  .toList());
      case PlanResult.Planned(InstallPlan plan) -> planned(bundle, plan, request, installer);
    };
  }

  private static LoadResult planned(
      CheckedBundle bundle, InstallPlan plan, LoadRequest request, Optional<Installer> installer)
      throws IOException {
    if (!Bytes.of(plan.canonical()).equals(bundle.plan())) {
      return LoadResult.Refused.of(
          HostReason.PLAN_MISMATCH, "the signed plan is not the one the policy gives");
    }
    FrameMap frames;
    EptImage image;
    try {
      frames = FrameMap.read(request.frames().toArray());
      image = EptBuilder.build(plan, frames, bundle.id());
    } catch (JsonException e) {
      return LoadResult.Refused.of(HostReason.FRAMES_MALFORMED, "frame map: " + e.getMessage());
    } catch (BuildException e) {
      return LoadResult.Refused.of(HostReason.FRAMES_UNSUITABLE, String.valueOf(e.getMessage()));
    }
    List<String> differences = ImageComparer.compare(image, plan, frames);
    if (!differences.isEmpty()) {
      return new LoadResult.Refused(
          differences.stream()
              .map(difference -> new HostRefusal(HostReason.IMAGE_MISMATCH, difference))
              .toList());
    }
    if (installer.isEmpty()) {
      return new LoadResult.Planned(plan);
    }
    try {
      return new LoadResult.Installed(installer.get().install(bundle, plan, frames, image));
    } catch (InstallException e) {
      return LoadResult.Refused.of(HostReason.STEP_FAILED, String.valueOf(e.getMessage()));
    }
  }
}

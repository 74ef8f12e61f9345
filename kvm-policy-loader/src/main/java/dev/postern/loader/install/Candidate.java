package dev.postern.loader.install;

import dev.postern.loader.ept.EptImage;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.trust.State;
import dev.postern.signer.check.CheckedBundle;
import java.util.Optional;

/**
 * What is to be installed, and has passed every check of the loader.
 *
 * @param image compared with {@code plan} on {@code frames} already
 * @param replaces what the record says this backend has of the same policy set: this takes its
 *     place in one step, or leaves it as it is
 */
public record Candidate(
    CheckedBundle bundle,
    InstallPlan plan,
    FrameMap frames,
    EptImage image,
    Optional<State.Installed> replaces) {}

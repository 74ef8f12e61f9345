package dev.postern.loader.install;

import dev.postern.loader.ept.EptImage;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.signer.check.CheckedBundle;

/**
 * What is to be installed, and has passed every check of the loader.
 *
 * @param image compared with {@code plan} on {@code frames} already
 */
public record Candidate(CheckedBundle bundle, InstallPlan plan, FrameMap frames, EptImage image) {}

package dev.postern.loader.install;

import dev.postern.loader.ept.EptImage;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.signer.check.CheckedBundle;
import java.io.IOException;

/** A way to put an image into effect: all of it, or nothing. */
public interface Installer {

  /** The backend's name on the command line. */
  String name();

  /**
   * Installs.
   *
   * @param image compared with {@code plan} on {@code frames} already
   */
  Receipt install(CheckedBundle bundle, InstallPlan plan, FrameMap frames, EptImage image)
      throws InstallException, IOException;
}

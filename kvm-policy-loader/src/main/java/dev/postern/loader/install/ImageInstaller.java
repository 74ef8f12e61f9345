package dev.postern.loader.install;

import dev.postern.json.JsonException;
import dev.postern.loader.ept.EptImage;
import dev.postern.loader.ept.ImageComparer;
import dev.postern.loader.ept.ImageFile;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.file.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the image to a file that a statically partitioned hypervisor or a test bench boots. The
 * bytes that come back from the disk are compared with the plan before they take the file's name.
 */
public final class ImageInstaller implements Installer {

  private final Path file;

  public ImageInstaller(Path file) {
    this.file = file;
  }

  @Override
  public String name() {
    return "image";
  }

  @Override
  public Receipt install(CheckedBundle bundle, InstallPlan plan, FrameMap frames, EptImage image)
      throws InstallException, IOException {
    byte[] bytes = ImageFile.write(image);
    try (AtomicFile.Pending pending = AtomicFile.prepare(file, bytes, AtomicFile.SHARED)) {
      List<String> differences = differences(pending.read(), plan, frames);
      if (!differences.isEmpty()) {
        throw new InstallException("what the disk returned is not the plan: " + differences);
      }
      pending.commit();
    }
    return new Receipt(
        name(),
        bundle.id(),
        plan.policySet(),
        plan.version(),
        image.planSha256(),
        List.of(
            "built " + image.pages().size() + " pages and " + image.lists().size() + " EPTP lists",
            "walked every hierarchy as written and found the plan",
            "wrote " + file + ", sha256 " + Bytes.of(bytes).sha256()));
  }

  private static List<String> differences(byte[] written, InstallPlan plan, FrameMap frames)
      throws InstallException {
    try {
      return ImageComparer.compare(ImageFile.read(written), plan, frames);
    } catch (JsonException e) {
      throw new InstallException("what the disk returned is not an image: " + e.getMessage());
    }
  }
}

package dev.postern.loader.install;

import dev.postern.json.JsonException;
import dev.postern.loader.disk.Disk;
import dev.postern.loader.ept.ImageComparer;
import dev.postern.loader.ept.ImageFile;
import dev.postern.loader.trust.State;
import dev.postern.model.Bytes;
import dev.postern.signer.file.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes the image to a file that a statically partitioned hypervisor or a test bench boots. The
 * bytes that come back from the disk are compared with the plan before they take the file's name.
 * What happens at run time is the hypervisor's, so of a report's assumptions this backend attests
 * only what the bytes show.
 */
public final class ImageInstaller implements Installer {

  private static final SortedMap<String, String> MECHANISMS =
      new TreeMap<>(
          Map.of(
              "frames-distinct", "no frame is in two places of the frame map",
              "K16", "bits 7 and 6 of every EPT pointer were read back from the list pages",
              "O-27", "no table of the image is reached from two roots, found by walking it"));

  private final Path file;
  private final Disk disk;

  public ImageInstaller(Path file, Disk disk) {
    this.file = file;
    this.disk = disk;
  }

  @Override
  public String name() {
    return "image";
  }

  @Override
  public String target() {
    return file.toAbsolutePath().normalize().toString();
  }

  @Override
  public SortedMap<String, String> mechanisms() {
    return new TreeMap<>(MECHANISMS);
  }

  @Override
  public Prepared prepare(Candidate candidate) throws InstallException, IOException {
    byte[] bytes = ImageFile.write(candidate.image());
    Staged staged =
        new Staged(
            Bytes.of(bytes).sha256(),
            List.of(
                "built "
                    + candidate.image().pages().size()
                    + " pages and "
                    + candidate.image().lists().size()
                    + " EPTP lists",
                "walked every hierarchy as written and found the plan",
                "wrote " + file + ", sha256 " + Bytes.of(bytes).sha256()));
    boolean complete = false;
    try {
      disk.delete(staged.previous);
      disk.create(staged.next, bytes, AtomicFile.SHARED);
      disk.sync(staged.next);
      List<String> differences = differences(candidate, Files.readAllBytes(staged.next));
      if (!differences.isEmpty()) {
        throw new InstallException("what the disk returned is not the plan: " + differences);
      }
      complete = true;
      return staged;
    } finally {
      if (!complete) {
        staged.close();
      }
    }
  }

  private static List<String> differences(Candidate candidate, byte[] written)
      throws InstallException {
    try {
      return ImageComparer.compare(ImageFile.read(written), candidate.plan(), candidate.frames());
    } catch (JsonException e) {
      throw new InstallException("what the disk returned is not an image: " + e.getMessage());
    }
  }

  @Override
  public Presence presence(State.Installed recorded) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return Presence.ABSENT;
    }
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
            && Bytes.of(Files.readAllBytes(file)).sha256().equals(recorded.digest())
        ? Presence.PRESENT
        : Presence.OTHER;
  }

  @Override
  public void remove(State.Installed recorded) throws InstallException, IOException {
    switch (presence(recorded)) {
      case ABSENT -> {}
      case OTHER -> throw new InstallException(file + " is not the image that was installed");
      case PRESENT -> {
        disk.delete(file);
        disk.syncDirectory(Disk.directoryOf(file));
      }
    }
  }

  /** The next image under a temporary name; the one before under another while it is replaced. */
  private final class Staged implements Prepared {

    private final Path next = Disk.temporary(file);
    private final Path previous = file.resolveSibling("." + file.getFileName() + ".previous");
    private final String digest;
    private final List<String> steps;
    private boolean replaces;

    private Staged(String digest, List<String> steps) {
      this.digest = digest;
      this.steps = steps;
    }

    @Override
    public String digest() {
      return digest;
    }

    @Override
    public List<String> steps() {
      return steps;
    }

    @Override
    public void commit() throws IOException {
      replaces = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
      if (replaces) {
        disk.link(file, previous);
      }
      disk.rename(next, file);
      disk.syncDirectory(Disk.directoryOf(file));
    }

    @Override
    public void undo() throws IOException {
      boolean renamed = !Files.exists(next, LinkOption.NOFOLLOW_LINKS);
      if (renamed && replaces) {
        disk.rename(previous, file);
      } else if (renamed) {
        disk.delete(file);
      }
      disk.syncDirectory(Disk.directoryOf(file));
    }

    @Override
    public void close() {
      for (Path left : List.of(next, previous)) {
        try {
          disk.delete(left);
        } catch (IOException _) {
          // The next preparation begins by removing it; until then it is a file nobody reads.
        }
      }
    }
  }
}

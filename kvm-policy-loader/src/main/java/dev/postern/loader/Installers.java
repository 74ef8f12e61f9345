package dev.postern.loader;

import dev.postern.loader.disk.Disk;
import dev.postern.loader.install.ImageInstaller;
import dev.postern.loader.install.Installer;
import dev.postern.loader.kvm.KvmInstaller;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The backends. */
public final class Installers {

  /** A backend by its name, opened at a place. */
  public record Backend(String name, Opener opener) {

    /** Makes an installer for a place the record names. */
    public interface Opener {
      Installer open(String target, Disk disk);
    }
  }

  public static final List<Backend> ALL =
      List.of(
          new Backend("image", (target, disk) -> new ImageInstaller(Path.of(target), disk)),
          new Backend("kvm", (target, _) -> KvmInstaller.at(target)));

  private Installers() {}

  /** The backend of that name, at that place. */
  public static Optional<Installer> open(String backend, String target, Disk disk) {
    return ALL.stream()
        .filter(known -> known.name().equals(backend))
        .findFirst()
        .map(known -> known.opener().open(target, disk));
  }
}

package dev.postern.loader;

import dev.postern.loader.disk.Disk;
import dev.postern.loader.disk.DurableDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.Set;

/**
 * The real disk, with one effect that goes wrong: it is not done, done in part, or done and
 * reported as failed.
 */
public final class FailingDisk implements Disk {

  /** How an effect goes wrong. */
  public enum Fault {
    NOT_DONE,
    HALF_DONE,
    DONE
  }

  /** What happens then. */
  public interface Consequence {
    void happens(String effect) throws IOException;
  }

  /** One effect on the disk. */
  private interface Effect {
    void run() throws IOException;
  }

  private final DurableDisk disk = new DurableDisk();
  private final int victim;
  private final Fault fault;
  private final Consequence consequence;
  private int count;

  /**
   * @param victim which effect, from 0
   */
  public FailingDisk(int victim, Fault fault, Consequence consequence) {
    this.victim = victim;
    this.fault = fault;
    this.consequence = consequence;
  }

  /** Whether the effect was reached. */
  public boolean reached() {
    return count > victim;
  }

  private void effect(String name, Effect whole, Effect half) throws IOException {
    if (count++ != victim) {
      whole.run();
      return;
    }
    switch (fault) {
      case NOT_DONE -> {}
      case HALF_DONE -> half.run();
      case DONE -> whole.run();
    }
    consequence.happens(name);
  }

  @Override
  public void create(Path file, byte[] content, Set<PosixFilePermission> permissions)
      throws IOException {
    effect(
        "create",
        () -> disk.create(file, content, permissions),
        () -> disk.create(file, Arrays.copyOf(content, content.length / 2), permissions));
  }

  @Override
  public void append(Path file, byte[] content, Set<PosixFilePermission> permissions)
      throws IOException {
    effect(
        "append",
        () -> disk.append(file, content, permissions),
        () -> disk.append(file, Arrays.copyOf(content, content.length / 2), permissions));
  }

  @Override
  public void truncate(Path file, long size) throws IOException {
    effect("truncate", () -> disk.truncate(file, size), () -> {});
  }

  @Override
  public void sync(Path file) throws IOException {
    effect("sync", () -> disk.sync(file), () -> {});
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    effect("syncDirectory", () -> disk.syncDirectory(directory), () -> {});
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    effect("rename", () -> disk.rename(from, to), () -> {});
  }

  @Override
  public void link(Path existing, Path name) throws IOException {
    effect("link", () -> disk.link(existing, name), () -> {});
  }

  @Override
  public void delete(Path file) throws IOException {
    effect("delete", () -> disk.delete(file), () -> {});
  }
}

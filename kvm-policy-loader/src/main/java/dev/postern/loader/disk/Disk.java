package dev.postern.loader.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** Single effects on a file system. Whoever calls them holds the state's lock. */
public interface Disk {

  /** Writes a file that was not there; what had the name before is removed first. */
  void create(Path file, byte[] content, Set<PosixFilePermission> permissions) throws IOException;

  /** Adds to the end of a regular file, which is made where it is missing. */
  void append(Path file, byte[] content, Set<PosixFilePermission> permissions) throws IOException;

  /** Cuts a regular file to {@code size} bytes. */
  void truncate(Path file, long size) throws IOException;

  /** Makes a file's content durable. */
  void sync(Path file) throws IOException;

  /** Makes what names a directory has durable. */
  void syncDirectory(Path directory) throws IOException;

  /** Renames, replacing what had the name {@code to}. */
  void rename(Path from, Path to) throws IOException;

  /** Gives a file a second name that was not there. */
  void link(Path existing, Path name) throws IOException;

  /** Removes a name, where it is there. */
  void delete(Path file) throws IOException;

  /**
   * Replaces a file in one step: a reader sees the old content or the new, also after a crash at
   * any moment.
   */
  default void replace(Path file, byte[] content, Set<PosixFilePermission> permissions)
      throws IOException {
    Path temporary = temporary(file);
    create(temporary, content, permissions);
    sync(temporary);
    rename(temporary, file);
    syncDirectory(directoryOf(file));
  }

  /** The neighbour of {@code file} that holds its next content until it is complete. */
  static Path temporary(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".next");
  }

  /** The directory {@code file} stands in. */
  static Path directoryOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("the root directory is not a file");
    }
    return parent;
  }
}

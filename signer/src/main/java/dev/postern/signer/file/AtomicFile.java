package dev.postern.signer.file;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Replaces a file in one step: whoever reads it sees the old content or the new, also after a crash
 * at any moment. The file has its final permissions before it has content.
 */
public final class AtomicFile {

  /** 0600, for secrets. */
  public static final Set<PosixFilePermission> SECRET =
      PosixFilePermissions.fromString("rw-------");

  /** 0644, for what is public. */
  public static final Set<PosixFilePermission> SHARED =
      PosixFilePermissions.fromString("rw-r--r--");

  private AtomicFile() {}

  /** Write to a temporary neighbour, fsync, rename over {@code file}, fsync the directory. */
  public static void write(Path file, byte[] content, Set<PosixFilePermission> permissions)
      throws IOException {
    try (Pending pending = prepare(file, content, permissions)) {
      pending.commit();
    }
  }

  /** The first half of {@link #write}: durable content under a temporary name. */
  public static Pending prepare(Path file, byte[] content, Set<PosixFilePermission> permissions)
      throws IOException {
    Path temporary =
        Files.createTempFile(
            directoryOf(file),
            "." + file.getFileName() + ".",
            ".tmp",
            PosixFilePermissions.asFileAttribute(SECRET));
    boolean complete = false;
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(content);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      Files.setPosixFilePermissions(temporary, permissions);
      channel.force(true);
      complete = true;
      return new Pending(temporary, file);
    } finally {
      if (!complete) {
        Files.deleteIfExists(temporary);
      }
    }
  }

  /** Content that waits for its name; closing it without commit removes it. */
  public static final class Pending implements AutoCloseable {
    private final Path temporary;
    private final Path file;

    private Pending(Path temporary, Path file) {
      this.temporary = temporary;
      this.file = file;
    }

    /** What the file system returns of the content. */
    public byte[] read() throws IOException {
      return Files.readAllBytes(temporary);
    }

    /** Gives the content its name, replacing what had it. */
    public void commit() throws IOException {
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      sync(directoryOf(file));
    }

    @Override
    public void close() throws IOException {
      Files.deleteIfExists(temporary);
    }
  }

  /** Makes a rename or removal in {@code directory} durable. */
  public static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** The directory a file stands in. */
  public static Path directoryOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("the root directory is not a file");
    }
    return parent;
  }

  /**
   * All of a regular file, unless it is longer than {@code limit}; a symbolic link in the last
   * place is not followed.
   */
  public static byte[] read(Path file, int limit) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(file + ": not a regular file");
    }
    try (SeekableByteChannel channel =
        Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      long size = channel.size();
      if (size > limit) {
        throw new IOException(file + ": " + size + " bytes, more than the limit of " + limit);
      }
      ByteBuffer content = ByteBuffer.allocate((int) size);
      while (content.hasRemaining()) {
        if (channel.read(content) < 0) {
          throw new EOFException(file + ": became shorter while it was read");
        }
      }
      return content.array();
    }
  }
}

package dev.postern.signer.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file is the old one or the new one, and nothing else stays behind. */
class AtomicFileTest {

  @TempDir Path directory;

  @Test
  void replacesContentAndPermissions() throws IOException {
    Path file = directory.resolve("f");
    AtomicFile.write(file, new byte[] {1}, AtomicFile.SHARED);
    AtomicFile.write(file, new byte[] {2, 3}, AtomicFile.SECRET);
    assertThat(AtomicFile.read(file, 2)).containsExactly(2, 3);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertOnly(file);
  }

  @Test
  void replacesALinkAndNotWhatItPointsTo() throws IOException {
    Path target = Files.write(directory.resolve("target"), new byte[] {1});
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    AtomicFile.write(link, new byte[] {2}, AtomicFile.SHARED);
    assertThat(target).hasBinaryContent(new byte[] {1});
    assertThat(Files.isSymbolicLink(link)).isFalse();
  }

  @Test
  void withoutCommitNothingChanges() throws IOException {
    Path file = Files.write(directory.resolve("f"), new byte[] {1});
    try (AtomicFile.Pending pending = AtomicFile.prepare(file, new byte[] {2}, AtomicFile.SHARED)) {
      assertThat(pending.read()).containsExactly(2);
      assertThat(file).hasBinaryContent(new byte[] {1});
    }
    assertThat(file).hasBinaryContent(new byte[] {1});
    assertOnly(file);
  }

  @Test
  void aFailedRenameLeavesNothingBehind() throws IOException {
    Path occupied = Files.createDirectory(directory.resolve("d"));
    Files.createFile(occupied.resolve("inside"));
    assertThatThrownBy(() -> AtomicFile.write(occupied, new byte[] {1}, AtomicFile.SHARED))
        .isInstanceOf(IOException.class);
    assertOnly(occupied);
  }

  @Test
  void readsRegularFilesUpToALimit() throws IOException {
    Path file = Files.write(directory.resolve("f"), new byte[3]);
    assertThat(AtomicFile.read(file, 3)).hasSize(3);
    assertThatThrownBy(() -> AtomicFile.read(file, 2))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("f: 3 bytes, more than the limit of 2");
    Path link = Files.createSymbolicLink(directory.resolve("link"), file);
    assertThatThrownBy(() -> AtomicFile.read(link, 3)).hasMessageEndingWith("not a regular file");
    assertThatThrownBy(() -> AtomicFile.read(directory, 3))
        .hasMessageEndingWith("not a regular file");
    assertThatThrownBy(() -> AtomicFile.read(Path.of("/dev/zero"), 3))
        .hasMessageEndingWith("not a regular file");
  }

  private void assertOnly(Path file) throws IOException {
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }
}

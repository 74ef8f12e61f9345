package dev.postern.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

  @TempDir private Path directory;

  @Test
  void replacesWhatWasThereAndLeavesNothingElse() throws IOException {
    Path file = directory.resolve("report.json");
    AtomicFile.write(file, "old and longer");
    AtomicFile.write(file, "new");
    assertThat(file).hasContent("new");
    assertThat(directory).isDirectoryContaining(file::equals);
    assertThat(directory.toFile().list()).containsExactly("report.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-r--r--");
  }

  @Test
  void fileOfABareNameGoesToTheWorkingDirectory() throws IOException {
    Path file = Path.of("target", "..", "atomic-file-test.tmp").normalize();
    AtomicFile.write(file, "x");
    assertThat(file).hasContent("x");
    Files.delete(file);
  }

  @Test
  void missingDirectoryIsNamed() {
    Path file = directory.resolve("missing/report.json");
    assertThatThrownBy(() -> AtomicFile.write(file, "x"))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("missing");
  }

  @Test
  void directoryInThePlaceOfTheFileIsLeftAloneAndNoDraftStays() throws IOException {
    Path file = Files.createDirectories(directory.resolve("report.json/inner")).getParent();
    assertThatThrownBy(() -> AtomicFile.write(file, "x")).isInstanceOf(IOException.class);
    assertThat(directory.toFile().list()).containsExactly("report.json");
    assertThat(file.resolve("inner")).isDirectory();
  }
}

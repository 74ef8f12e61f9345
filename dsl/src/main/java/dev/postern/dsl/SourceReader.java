package dev.postern.dsl;

import dev.postern.model.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Where the compiler gets files from: its only I/O. */
@FunctionalInterface
public interface SourceReader {

  /** Reads whole files from the file system, never more than the limit. */
  SourceReader FILES = SourceReader::fromFileSystem;

  /** What came of reading a file. */
  sealed interface Answer {

    record Found(Bytes content) implements Answer {}

    record Missing() implements Answer {}

    record TooLarge() implements Answer {}

    /**
     * @param reason lower case, to stand behind a colon
     */
    record Unreadable(String reason) implements Answer {}
  }

  /** The content of {@code path} if it has at most {@code limit} bytes. */
  Answer read(Path path, int limit);

  private static Answer fromFileSystem(Path path, int limit) {
    if (!Files.exists(path)) {
      return new Answer.Missing();
    }
    if (!Files.isRegularFile(path)) {
      return new Answer.Unreadable(
          Files.isDirectory(path) ? "it is a directory" : "it is not a regular file");
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] content = in.readNBytes(limit + 1);
      return content.length > limit ? new Answer.TooLarge() : new Answer.Found(Bytes.of(content));
    } catch (NoSuchFileException e) {
      return new Answer.Missing();
    } catch (IOException e) {
      return new Answer.Unreadable("it cannot be read");
    }
  }
}

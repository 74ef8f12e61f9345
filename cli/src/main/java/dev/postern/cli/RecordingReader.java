package dev.postern.cli;

import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads files as the compiler wants them and keeps what it read: what a bundle has to carry. */
final class RecordingReader implements SourceReader {

  private final SortedMap<Path, Bytes> read = new TreeMap<>();

  @Override
  public Answer read(Path path, int limit) {
    Answer answer = SourceReader.FILES.read(path, limit);
    if (answer instanceof Answer.Found(Bytes content)) {
      read.put(path.toAbsolutePath().normalize(), content);
    }
    return answer;
  }

  /** The bytes of one file that was read. */
  Bytes content(Path file) {
    Bytes content = read.get(file.toAbsolutePath().normalize());
    if (content == null) {
      throw new IllegalStateException("a policy was compiled from a file nobody read: " + file);
    }
    return content;
  }

  /** What else was read, by its name relative to {@code file}'s directory. */
  SortedMap<String, Bytes> beside(Path file) {
    Path own = file.toAbsolutePath().normalize();
    SortedMap<String, Bytes> others = new TreeMap<>();
    read.forEach((path, content) -> {
      if (!path.equals(own)) {
        others.put(own.resolveSibling("").relativize(path).toString(), content);
      }
    });
    return others;
  }
}

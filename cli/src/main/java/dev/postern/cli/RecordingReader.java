package dev.postern.cli;

import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads files by their names relative to one directory, and keeps what it read: what a bundle has
 * to carry. No location in such a policy says where the directory is.
 */
final class RecordingReader implements SourceReader {

  private final Path directory;
  private final SortedMap<String, Bytes> read = new TreeMap<>();

  RecordingReader(Path directory) {
    this.directory = directory;
  }

  @Override
  public Answer read(Path path, int limit) {
    Answer answer = SourceReader.FILES.read(directory.resolve(path), limit);
    if (answer instanceof Answer.Found(Bytes content)) {
      read.put(path.normalize().toString(), content);
    }
    return answer;
  }

  /** The bytes of one file that was read. */
  Bytes content(String name) {
    Bytes content = read.get(name);
    if (content == null) {
      throw new IllegalStateException("a policy was compiled from a file nobody read: " + name);
    }
    return content;
  }

  /** What was read besides {@code name}. */
  SortedMap<String, Bytes> beside(String name) {
    SortedMap<String, Bytes> others = new TreeMap<>(read);
    others.remove(name);
    return others;
  }
}

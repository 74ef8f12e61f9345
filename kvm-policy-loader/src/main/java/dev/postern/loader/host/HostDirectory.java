package dev.postern.loader.host;

import dev.postern.json.JsonException;
import dev.postern.signer.file.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The administrator's directory, {@code /etc/postern}: {@code facts.json}, {@code host.json} and
 * {@code approved.d/*.json}. A file that is missing says nothing, so nothing is known, accepted or
 * approved; a file that cannot be read or understood is an error and never skipped.
 */
public final class HostDirectory {

  private static final int FILE_BYTES = 16 << 20;

  private HostDirectory() {}

  /** Reads {@code directory}; the message of an exception begins with the file's name. */
  public static Host read(Path directory) throws JsonException, IOException {
    if (!Files.isDirectory(directory)) {
      throw new java.nio.file.NoSuchFileException(directory + ": no such directory");
    }
    Path facts = directory.resolve("facts.json");
    Path policy = directory.resolve("host.json");
    return new Host(
        exists(facts) ? read(facts, HostFacts::read) : HostFacts.read(NOTHING_KNOWN),
        Approved.union(approved(directory.resolve("approved.d"))),
        exists(policy) ? read(policy, HostPolicy::read) : HostPolicy.STRICT);
  }

  private static final byte[] NOTHING_KNOWN =
      ("{\"schema\":\"" + HostFacts.SCHEMA + "\",\"features\":{}}")
          .getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private static List<Approved> approved(Path directory) throws JsonException, IOException {
    List<Approved> approved = new ArrayList<>();
    if (exists(directory)) {
      List<Path> files;
      try (Stream<Path> all = Files.list(directory)) {
        files = all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
      }
      for (Path file : files) {
        approved.add(read(file, Approved::read));
      }
    }
    return approved;
  }

  private static boolean exists(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** Reads one kind of document. */
  private interface Reader<T> {
    T read(byte[] document) throws JsonException;
  }

  private static <T> T read(Path file, Reader<T> reader) throws JsonException, IOException {
    byte[] document = AtomicFile.read(file, FILE_BYTES);
    try {
      return reader.read(document);
    } catch (JsonException e) {
      throw JsonException.mismatch("", file + ": " + e.getMessage());
    }
  }
}

package dev.postern.verifier.smt.z3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A directory of native libraries taken out of a jar, shared by all runs of one user.
 *
 * <p>What is loaded runs in our process, so the directory is trusted only if nobody else could have
 * put anything there: it and the files are ours, no link, closed to group and others, and each
 * directory above belongs to us or root and lets nobody else replace its entries. Within that, a
 * file has its final name only after its bytes had the pinned digest and were on disk; so a file
 * that is there, regular and of the right size is right, and a start need not hash 35 MB. The
 * directory's name is derived from the digests: another version of the library lives elsewhere.
 */
final class NativeCache {

  /**
   * A file the jar holds.
   *
   * @param sha256 pinned when the library's version was chosen
   */
  record Member(String name, long size, String sha256) {}

  /** Why the cache cannot be used; the message is for people. */
  static final class Unusable extends IOException {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final int STICKY = 01000;
  private static final int GROUP_OR_OTHERS_WRITE = 022;
  private static final int GROUP_OR_OTHERS_ANY = 077;
  private static final int ROOT = 0;

  private final Path home;
  private final int user;

  /**
   * @param home where caches of programs lie, such as {@code ~/.cache}
   * @param user the numeric id that must own the cache
   */
  NativeCache(Path home, int user) {
    this.home = home.toAbsolutePath().normalize();
    this.user = user;
  }

  /** The directory that holds all {@code members}, taken from {@code jar} if need be. */
  Path provide(List<Member> members, Map<String, InputStreamSource> jar) throws IOException {
    Path directory = home.resolve("postern").resolve("native").resolve(key(members));
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      create(directory);
    }
    trust(directory);
    for (Member member : members) {
      Path file = directory.resolve(member.name());
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        InputStreamSource source = jar.get(member.name());
        if (source == null) {
          throw new IllegalArgumentException("no source for " + member.name());
        }
        write(directory, file, member, source);
      }
      trust(file, member);
    }
    return directory;
  }

  /** Opens a member of the jar. */
  interface InputStreamSource {
    InputStream open() throws IOException;
  }

  static String key(List<Member> members) {
    MessageDigest sha = sha256();
    for (Member member : members) {
      sha.update(HexFormat.of().parseHex(member.sha256()));
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  private void create(Path directory) throws IOException {
    if (!Files.isDirectory(home)) {
      Files.createDirectories(home, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
    for (Path made : List.of(home.resolve("postern"), home.resolve("postern/native"), directory)) {
      try {
        Files.createDirectory(made, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      } catch (FileAlreadyExistsException e) {
        // perhaps another run made it just now; whoever did, trust() looks at it
      }
    }
  }

  /** Our own three levels must be closed to others, those above safe from replacement. */
  private void trust(Path directory) throws IOException {
    for (Path own : List.of(home.resolve("postern"), home.resolve("postern/native"), directory)) {
      if (!Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)) {
        throw new Unusable(own + " is not a directory");
      }
      if (owner(own) != user) {
        throw new Unusable(own + " belongs to user " + owner(own));
      }
      if ((mode(own) & GROUP_OR_OTHERS_ANY) != 0) {
        throw new Unusable(own + " is open to group or others; expected mode 0700");
      }
    }
    for (Path above = home.toRealPath(); above != null; above = above.getParent()) {
      if (owner(above) != user && owner(above) != ROOT) {
        throw new Unusable(above + " belongs to user " + owner(above));
      }
      if ((mode(above) & GROUP_OR_OTHERS_WRITE) != 0 && (mode(above) & STICKY) == 0) {
        throw new Unusable(above + " lets group or others replace its entries");
      }
    }
  }

  private void trust(Path file, Member member) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new Unusable(file + " is not a regular file");
    }
    if (owner(file) != user || (mode(file) & GROUP_OR_OTHERS_ANY) != 0) {
      throw new Unusable(file + " is not ours alone");
    }
    if (Files.size(file) != member.size()) {
      throw new Unusable(
          "%s has %d bytes, not %d".formatted(file, Files.size(file), member.size()));
    }
  }

  /** Writes under another name, and renames once the bytes are right and on disk. */
  private static void write(Path directory, Path file, Member member, InputStreamSource source)
      throws IOException {
    Path part = Files.createTempFile(directory, member.name(), ".part"); // mode 0600
    try {
      try (InputStream in = source.open();
          FileChannel out = FileChannel.open(part, StandardOpenOption.WRITE)) {
        copy(in, out, member);
        out.force(true);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
        entry.force(true);
      }
    } catch (AtomicMoveNotSupportedException e) {
      throw new Unusable("no atomic rename in " + directory);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void copy(InputStream in, FileChannel out, Member member) throws IOException {
    MessageDigest sha = sha256();
    byte[] chunk = new byte[1 << 16];
    for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
      sha.update(chunk, 0, n);
      ByteBuffer buffer = ByteBuffer.wrap(chunk, 0, n);
      while (buffer.hasRemaining()) {
        out.write(buffer);
      }
    }
    if (!HexFormat.of().formatHex(sha.digest()).equals(member.sha256())) {
      throw new Unusable(member.name() + " in the jar is not the file that was pinned");
    }
  }

  private static int owner(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
  }

  private static int mode(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

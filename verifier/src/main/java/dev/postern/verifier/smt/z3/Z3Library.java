package dev.postern.verifier.smt.z3;

import com.microsoft.z3.Version;
import dev.postern.verifier.smt.z3.NativeCache.InputStreamSource;
import dev.postern.verifier.smt.z3.NativeCache.Member;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Loads Z3's native libraries, once in a process: from the user's cache, or, where that cannot be
 * trusted or used, from a temporary directory that is removed as soon as they are loaded (so
 * nothing is left behind even by a process that is killed later).
 *
 * <p>The binding's own loader is {@code tools.aqua.turnkey.support.TurnKey}; we leave out the jar
 * that holds it and provide that one class, which comes here.
 */
public final class Z3Library {

  /** The directory of the cache, for tests and for users with a read-only home. */
  public static final String CACHE_HOME_PROPERTY = "postern.cache";

  private static final String FOLDER = "com/microsoft/z3/linux/";

  /**
   * The files in z3-turnkey 4.14.1, by their SHA-256; libz3java links to libz3 in its directory.
   */
  private static final Map<String, List<Member>> PINNED =
      Map.of(
          "amd64",
          List.of(
              new Member(
                  "libz3.so",
                  34_587_569,
                  "be9a64a06e779ee8f99daab83826ebd7cefc9e2b122d9ade25a2af60dc23f324"),
              new Member(
                  "libz3java.so",
                  515_585,
                  "88910a8846ab2d63a4470d28e31ddea21867ba0b5ea6a8f706b187674537003f")),
          "aarch64",
          List.of(
              new Member(
                  "libz3.so",
                  31_683_329,
                  "bfa95832286d352df731c5c137a098508c44e5ed7cc6d947845e2d05d8e9c452"),
              new Member(
                  "libz3java.so",
                  581_161,
                  "a5e34485123280b60ae34e08bc27f3f10401b612c829cc00f7077cb526f28cd2")));

  private static boolean loaded;

  private Z3Library() {}

  /**
   * Loads the libraries if they are not loaded yet.
   *
   * @throws UnsatisfiedLinkError if there are none for this machine, or they do not load
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    String machine = System.getProperty("os.arch", "unknown");
    List<Member> members = PINNED.get(machine);
    if (members == null || !System.getProperty("os.name", "").equals("Linux")) {
      throw new UnsatisfiedLinkError(
          "none for %s on %s".formatted(System.getProperty("os.name"), machine));
    }
    Map<String, InputStreamSource> jar = new LinkedHashMap<>();
    for (Member member : members) {
      jar.put(member.name(), () -> open(FOLDER + machine + "/" + member.name()));
    }
    try {
      loadFrom(cache().provide(members, jar), members);
    } catch (IOException | UnsatisfiedLinkError unusable) {
      loadFromTemporaryDirectory(members, jar, unusable);
    }
    loaded = true;
  }

  /** A cache on a file system mounted noexec ends here too. */
  private static void loadFromTemporaryDirectory(
      List<Member> members, Map<String, InputStreamSource> jar, Throwable why) {
    try {
      Path home = Files.createTempDirectory("postern"); // mode 0700
      try {
        loadFrom(new NativeCache(home, user()).provide(members, jar), members);
      } finally {
        delete(home);
      }
    } catch (IOException e) {
      UnsatisfiedLinkError error = new UnsatisfiedLinkError(e.getMessage());
      error.addSuppressed(why);
      throw error;
    }
  }

  @SuppressWarnings("restricted") // this is the program's one native library
  private static void loadFrom(Path directory, List<Member> members) {
    System.load(directory.resolve(members.getLast().name()).toString());
  }

  private static InputStream open(String resource) throws IOException {
    InputStream stream = Version.class.getResourceAsStream("/" + resource);
    if (stream == null) {
      throw new FileNotFoundException(resource + " is not in the jar");
    }
    return stream;
  }

  private static NativeCache cache() throws IOException {
    return new NativeCache(cacheHome(), user());
  }

  /** XDG Base Directory Specification: an XDG_CACHE_HOME that is not absolute is ignored. */
  private static Path cacheHome() {
    String chosen = System.getProperty(CACHE_HOME_PROPERTY, "");
    if (!chosen.isEmpty()) {
      return Path.of(chosen);
    }
    String xdg = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
    return xdg.startsWith("/")
        ? Path.of(xdg)
        : Path.of(System.getProperty("user.home", "/"), ".cache");
  }

  /** The effective user, as the owner of our own process. */
  private static int user() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  private static void delete(Path directory) throws IOException {
    List<Path> paths;
    try (var walk = Files.walk(directory)) {
      paths = walk.toList();
    }
    for (Path path : paths.reversed()) {
      Files.deleteIfExists(path);
    }
  }
}

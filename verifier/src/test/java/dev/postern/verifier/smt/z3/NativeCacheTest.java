package dev.postern.verifier.smt.z3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.verifier.smt.z3.NativeCache.InputStreamSource;
import dev.postern.verifier.smt.z3.NativeCache.Member;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeCacheTest {

  private static final byte[] LIBRARY = "library".repeat(20_000).getBytes(StandardCharsets.UTF_8);

  @TempDir private Path home;

  private final AtomicInteger opened = new AtomicInteger();
  private List<Member> members = List.of();
  private NativeCache cache = new NativeCache(Path.of("/"), 0);
  private Path directory = Path.of("/");

  @BeforeEach
  void prepare() throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(LIBRARY);
    members = List.of(new Member("lib.so", LIBRARY.length, HexFormat.of().formatHex(digest)));
    cache = new NativeCache(home, user());
    directory = home.resolve("postern/native").resolve(NativeCache.key(members));
  }

  private int user() throws IOException {
    return (Integer) Files.getAttribute(home, "unix:uid");
  }

  private Path provide(NativeCache from, byte[] jarHolds) throws IOException {
    InputStreamSource source =
        () -> {
          opened.incrementAndGet();
          return new ByteArrayInputStream(jarHolds);
        };
    return from.provide(members, Map.of("lib.so", source));
  }

  private Path provide() throws IOException {
    return provide(cache, LIBRARY);
  }

  private void refuses(String why) {
    assertThatThrownBy(this::provide)
        .isInstanceOf(NativeCache.Unusable.class)
        .hasMessageContaining(why);
  }

  private static void permit(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void writesOnceAndClosedToOthers() throws Exception {
    assertThat(provide()).isEqualTo(directory);
    assertThat(provide()).isEqualTo(directory);
    assertThat(opened).hasValue(1);
    assertThat(directory.resolve("lib.so")).hasBinaryContent(LIBRARY);
    assertThat(Files.getPosixFilePermissions(directory.resolve("lib.so")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Files.getPosixFilePermissions(directory))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void aRunThatDiedHalfwayLeavesNothingThatCounts() throws Exception {
    provide();
    Files.delete(directory.resolve("lib.so"));
    Files.write(directory.resolve("lib.so123.part"), new byte[10]);
    provide();
    assertThat(directory.resolve("lib.so")).hasBinaryContent(LIBRARY);
  }

  @Test
  void bytesThatAreNotThePinnedOnesGetNoName() throws Exception {
    byte[] other = LIBRARY.clone();
    other[77] ^= 1;
    assertThatThrownBy(() -> provide(cache, other))
        .hasMessage("lib.so in the jar is not the file that was pinned");
    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void refusesFilesThatItDidNotWrite() throws Exception {
    provide();
    Path library = directory.resolve("lib.so");
    Files.write(library, new byte[] {1});
    refuses("has 1 bytes, not 140000");
    Files.write(library, LIBRARY);
    permit(library, "rw-rw----");
    refuses("is not ours alone");
    Files.delete(library);
    Path elsewhere = Files.write(home.resolve("elsewhere"), LIBRARY);
    Files.createSymbolicLink(library, elsewhere);
    refuses("is not a regular file");
  }

  @Test
  void refusesDirectoriesThatOthersMayWrite() throws Exception {
    provide();
    permit(directory, "rwxrwx---");
    refuses("is open to group or others");
    permit(directory, "rwx------");
    permit(home.resolve("postern"), "rwxr-xr-x");
    refuses("is open to group or others");
    permit(home.resolve("postern"), "rwx------");
    permit(home, "rwxrwxrwx");
    refuses("lets group or others replace its entries");
  }

  @Test
  void refusesDirectoriesOfOthersAndLinks() throws Exception {
    provide();
    NativeCache someoneElses = new NativeCache(home, user() + 1);
    assertThatThrownBy(() -> provide(someoneElses, LIBRARY))
        .isInstanceOf(NativeCache.Unusable.class)
        .hasMessageContaining("belongs to user " + user());
    Path moved = Files.move(directory, home.resolve("moved"));
    Files.createSymbolicLink(directory, moved);
    refuses("is not a directory");
  }

  @Test
  void severalRunsMayStartAtOnce() throws Exception {
    try (ExecutorService runs = Executors.newFixedThreadPool(8)) {
      List<Callable<Path>> starts = Collections.nCopies(16, this::provide);
      for (Future<Path> run : runs.invokeAll(starts)) {
        assertThat(run.get()).isEqualTo(directory);
      }
    }
    assertThat(directory.resolve("lib.so")).hasBinaryContent(LIBRARY);
    try (var left = Files.list(directory)) {
      assertThat(left).hasSize(1);
    }
    assertThat(Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)).isTrue();
  }
}

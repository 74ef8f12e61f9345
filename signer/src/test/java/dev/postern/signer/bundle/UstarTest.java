package dev.postern.signer.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.model.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One spelling for each content, and GNU tar writes the same one. */
class UstarTest {

  private static final SortedMap<String, Bytes> TWO =
      new TreeMap<>(Map.of("a/b.json", Bytes.of(new byte[] {1, 2, 3}), "c", Bytes.of()));

  @Property(tries = 200)
  void readOfWriteIsTheContent(@ForAll("contents") SortedMap<String, Bytes> members)
      throws ArchiveException {
    byte[] archive = Ustar.write(members);
    assertThat(Ustar.read(archive)).isEqualTo(members);
    assertThat(archive.length % 512).isZero();
  }

  @Property(tries = 500)
  void noOtherBytesAreRead(
      @ForAll("contents") SortedMap<String, Bytes> members, @ForAll int at, @ForAll byte value) {
    byte[] archive = Ustar.write(members);
    archive[Math.floorMod(at, archive.length)] = value;
    assertReadOnlyIfCanonical(archive);
  }

  @Property(tries = 500)
  void anyBytesAreReadOrRefused(@ForAll byte[] bytes) {
    assertReadOnlyIfCanonical(bytes);
    assertReadOnlyIfCanonical(Arrays.copyOf(bytes, (bytes.length + 511) & -512));
  }

  private static void assertReadOnlyIfCanonical(byte[] archive) {
    try {
      assertThat(Ustar.write(Ustar.read(archive))).isEqualTo(archive);
    } catch (ArchiveException e) {
      assertThat(e).hasMessageMatching("[ -~]+");
    }
  }

  @Test
  void defects() {
    assertThat(refusal(a -> a[156] = '2')).isEqualTo("member a/b.json: not a regular file");
    assertThat(refusal(a -> a[156] = 'x')).isEqualTo("member a/b.json: not a regular file");
    assertThat(refusal(a -> name(a, "../b.json"))).isEqualTo("not a member name: ../b.json");
    assertThat(refusal(a -> name(a, "/b.json"))).isEqualTo("not a member name: /b.json");
    assertThat(refusal(a -> name(a, "a//b"))).isEqualTo("not a member name: a//b");
    assertThat(refusal(a -> name(a, "a/./b"))).isEqualTo("not a member name: a/./b");
    assertThat(refusal(a -> name(a, "a\u0007b"))).isEqualTo("not a member name: a?b");
    assertThat(refusal(a -> a[100] = '7'))
        .isEqualTo("member a/b.json: header is not in canonical form");
    assertThat(refusal(a -> a[148] ^= 1))
        .isEqualTo("member a/b.json: header is not in canonical form");
    assertThat(refusal(a -> a[346] = 'x'))
        .isEqualTo("member a/b.json: header is not in canonical form");
    assertThat(refusal(a -> a[124] = (byte) 0x80)).isEqualTo("member a/b.json: size is not octal");
    assertThat(refusal(a -> size(a, "77777777777")))
        .isEqualTo("member a/b.json: larger than 536870912 bytes");
    assertThat(refusal(a -> a[512 + 3] = 1)).isEqualTo("member a/b.json: padding is not zero");
    assertThat(refusal(a -> a[a.length - 1] = 1)).isEqualTo("not ended by exactly two zero blocks");
  }

  @Test
  void repeatedUnsortedAndCutArchives() {
    byte[] one = Arrays.copyOf(Ustar.write(TWO), 1024);
    byte[] other = Arrays.copyOfRange(Ustar.write(TWO), 1024, 1536);
    byte[] end = new byte[1024];
    assertThat(refusal(join(one, one, end))).isEqualTo("member a/b.json: duplicate");
    assertThat(refusal(join(other, one, end))).isEqualTo("member a/b.json: not sorted");
    assertThat(refusal(join(one, other))).isEqualTo("not ended by exactly two zero blocks");
    assertThat(refusal(join(one, other, end, end)))
        .isEqualTo("not ended by exactly two zero blocks");
    assertThat(refusal(Arrays.copyOf(one, 512))).isEqualTo("member a/b.json: runs past the end");
    assertThat(refusal(Arrays.copyOf(one, 700))).isEqualTo("not a whole number of 512-byte blocks");
    assertThat(refusal(new byte[0])).isEqualTo("not ended by exactly two zero blocks");
  }

  @Test
  void encodedNamesAreNamesAndDistinct() {
    List<String> names =
        List.of("a", "..", ".hidden", "-x", "../p", "a/b", "a%2Fb", "é", "a b", "", "a.b", "a+b");
    List<String> encoded = new ArrayList<>();
    for (String name : names) {
      String code = Bundle.codeName(name, name);
      assertThat(Ustar.isName(code)).as(code).isEqualTo(!name.isEmpty());
      encoded.add(code);
    }
    assertThat(encoded).doesNotHaveDuplicates();
    assertThat(Bundle.codeName("a.b", "c")).isNotEqualTo(Bundle.codeName("a", "b.c"));
  }

  @Test
  void gnuTarWritesTheSameBytes(@TempDir Path directory) throws Exception {
    Path archive = directory.resolve("out.tar");
    Files.createDirectories(directory.resolve("in/a"));
    Files.write(directory.resolve("in/a/b.json"), new byte[] {1, 2, 3});
    Files.write(directory.resolve("in/c"), new byte[0]);
    Process tar;
    try {
      tar =
          new ProcessBuilder(
                  "tar",
                  "--format=ustar",
                  "--sort=name",
                  "--mtime=@0",
                  "--owner=0",
                  "--group=0",
                  "--numeric-owner",
                  "--mode=0644",
                  "-b1",
                  "-cf",
                  archive.toString(),
                  "a/b.json",
                  "c")
              .directory(directory.resolve("in").toFile())
              .inheritIO()
              .start();
    } catch (IOException e) {
      System.out.println("SKIPPED: tar: " + e.getMessage());
      Assumptions.abort("tar is not installed");
      return;
    }
    assertThat(tar.waitFor()).isZero();
    assertThat(Files.readAllBytes(archive)).isEqualTo(Ustar.write(TWO));
  }

  @Provide
  Arbitrary<SortedMap<String, Bytes>> contents() {
    Arbitrary<String> names =
        Arbitraries.strings()
            .withChars("ab0._%+-/")
            .ofMinLength(1)
            .ofMaxLength(8)
            .filter(Ustar::isName);
    Arbitrary<Bytes> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(1100).map(Bytes::of);
    return Arbitraries.maps(names, bytes).ofMaxSize(4).map(TreeMap::new);
  }

  private static String refusal(Consumer<byte[]> damage) {
    byte[] archive = Ustar.write(TWO);
    damage.accept(archive);
    return refusal(archive);
  }

  private static String refusal(byte[] archive) {
    ArchiveException refusal =
        catchThrowableOfType(ArchiveException.class, () -> Ustar.read(archive));
    assertThat(refusal).isNotNull();
    return refusal.getMessage();
  }

  private static void name(byte[] archive, String name) {
    Arrays.fill(archive, 0, 100, (byte) 0);
    byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, archive, 0, bytes.length);
  }

  private static void size(byte[] archive, String octal) {
    System.arraycopy(octal.getBytes(StandardCharsets.US_ASCII), 0, archive, 124, 11);
  }

  private static byte[] join(byte[]... parts) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}

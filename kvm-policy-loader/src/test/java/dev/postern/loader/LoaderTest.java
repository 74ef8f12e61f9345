package dev.postern.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.ept.BuildException;
import dev.postern.loader.ept.EptBuilder;
import dev.postern.loader.ept.EptImage;
import dev.postern.loader.ept.ImageComparer;
import dev.postern.loader.ept.ImageFile;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.install.ImageInstaller;
import dev.postern.loader.install.Receipt;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.model.Frames;
import dev.postern.model.Hpa;
import dev.postern.signer.check.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a bundle's bytes to an image on disk, or to nothing. */
class LoaderTest {

  @TempDir Path directory;

  @Test
  void aTrustedBundleIsInstalled() throws Exception {
    Path out = directory.resolve("image");
    LoadResult result =
        Loader.load(
            request(Samples.bundle()),
            new ImageInstaller(out, new DurableDisk()),
            Optional.empty());
    assertThat(result).isInstanceOf(LoadResult.Installed.class);
    Receipt receipt = ((LoadResult.Installed) result).receipt();
    assertThat(receipt.backend()).isEqualTo("image");
    assertThat(receipt.steps()).hasSize(3);

    EptImage image = ImageFile.read(Files.readAllBytes(out));
    assertThat(image.bundleId()).isEqualTo(receipt.bundleId());
    assertThat(ImageComparer.compare(image, Samples.plan(), Samples.frames())).isEmpty();
    // Private stacks differ by vCPU, so each vCPU has a list; the default view is in both.
    assertThat(image.lists()).hasSize(2);
    long[] first = list(image, 0);
    long[] second = list(image, 1);
    assertThat(first[0]).isEqualTo(second[0]).isNotZero();
    assertThat(first[1]).isNotEqualTo(second[1]).isNotZero();
    for (int i = 2; i < 512; i++) {
      assertThat(first[i] | second[i]).isZero();
    }
  }

  @Test
  void twiceGivesTheSameBytes() throws Exception {
    Path out = directory.resolve("image");
    Loader.load(
        request(Samples.bundle()), new ImageInstaller(out, new DurableDisk()), Optional.empty());
    byte[] first = Files.readAllBytes(out);
    Loader.load(
        request(Samples.bundle()), new ImageInstaller(out, new DurableDisk()), Optional.empty());
    assertThat(Files.readAllBytes(out)).isEqualTo(first);
    assertOnly(out);
  }

  @Test
  void aDryRunShowsThePlanAndWritesNothing() throws Exception {
    assertThat(dryRun(request(Samples.bundle())))
        .isEqualTo(new LoadResult.Planned(Samples.plan(), List.of()));
    try (var files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void changedBytesChangeNothingOnTheHost() throws Exception {
    changedBytesChangeNothing(151);
  }

  @Test
  @Tag("slow")
  void anyChangedByteChangesNothingOnTheHost() throws Exception {
    changedBytesChangeNothing(1);
  }

  private void changedBytesChangeNothing(int step) throws Exception {
    Path out = directory.resolve("image");
    Files.write(out, new byte[] {42});
    byte[] bundle = Samples.bundle();
    for (int i = 0; i < bundle.length; i += step) {
      bundle[i] ^= (byte) (1 << (i % 8));
      assertThat(
              Loader.load(
                  request(bundle), new ImageInstaller(out, new DurableDisk()), Optional.empty()))
          .as("byte %d", i)
          .isInstanceOf(LoadResult.NotTrusted.class);
      bundle[i] ^= (byte) (1 << (i % 8));
    }
    assertThat(Files.readAllBytes(out)).containsExactly(42);
    assertOnly(out);
  }

  @Test
  void aPartialBundleNeedsConsent() throws Exception {
    byte[] partial = Samples.bundle(Bytes.of(Samples.plan().canonical()), List.of("bounded"));
    assertThat(reasons(dryRun(request(partial)))).containsExactly(HostReason.PARTIAL);
    LoadRequest consent =
        new LoadRequest(
            Bytes.of(partial),
            Optional.of(Bytes.of(Samples.trust().write())),
            false,
            Samples.NOW,
            Optional.of(Bytes.of(Samples.frames().canonical())),
            true,
            Optional.empty());
    assertThat(dryRun(consent)).isInstanceOf(LoadResult.Planned.class);
  }

  @Test
  void aSignedPlanThatIsNotThePolicys() throws Exception {
    byte[] other = Samples.bundle(Bytes.of((byte) '{', (byte) '}'), List.of());
    assertThat(reasons(dryRun(request(other)))).containsExactly(HostReason.PLAN_MISMATCH);
  }

  @Test
  void anUntrustedBundleIsNotEvenPlanned() throws Exception {
    assertThat(dryRun(request(new byte[1024])))
        .isInstanceOfSatisfying(
            LoadResult.NotTrusted.class,
            refused ->
                assertThat(refused.refusals().getFirst().reason())
                    .isEqualTo(Reason.MANIFEST_MISSING));
  }

  @Test
  void hostsWithoutRoom() throws Exception {
    FrameMap good = Samples.frames();
    FrameMap noTables =
        new FrameMap(
            good.regions(), good.loader(), List.of(new FrameMap.Extent(new Hpa(0x9000), 4096)));
    assertThat(((LoadResult.Refused) dryRun(noTables.canonical())).refusals())
        .containsExactly(
            new HostRefusal(
                HostReason.FRAMES_UNSUITABLE, "the pool \"tables\" of the frame map is too small"));
    FrameMap noLoader = new FrameMap(good.regions(), List.of(), good.tables());
    assertThat(((LoadResult.Refused) dryRun(noLoader.canonical())).refusals())
        .containsExactly(
            new HostRefusal(
                HostReason.FRAMES_UNSUITABLE, "the pool \"loader\" of the frame map is too small"));
    FrameMap noNat = new FrameMap(good.regions().subList(0, 2), good.loader(), good.tables());
    assertThat(((LoadResult.Refused) dryRun(noNat.canonical())).refusals())
        .containsExactly(
            new HostRefusal(
                HostReason.FRAMES_UNSUITABLE,
                "the frame map has no contiguous frames for nat.ram at 0x200000"));
    assertThat(reasons(dryRun(new byte[] {'{', '}'}))).containsExactly(HostReason.FRAMES_MALFORMED);
  }

  @Test
  void poolsThatHoldFramesThePolicySpeaksAbout() throws Exception {
    InstallPlan plan = Samples.plan();
    for (long[] frames : new long[][] {{0x2_0000_0000L, 4096}, {0x1000, Long.MAX_VALUE - 4095}}) {
      InstallPlan reserving =
          new InstallPlan(
              plan.policySet(),
              plan.version(),
              plan.policySha256(),
              plan.physicalAddressWidth(),
              plan.sources(),
              plan.contents(),
              List.of(new Frames(new Frames.Owner.Host(), frames[0], frames[1])));
      assertThatThrownBy(() -> EptBuilder.build(reserving, Samples.frames(), "b"))
          .isInstanceOf(BuildException.class)
          .hasMessageEndingWith("holds host frames that the policy speaks about");
    }
  }

  @Test
  void contentsThatOverlap() {
    InstallPlan plan = Samples.plan();
    Frames.Owner stack = new Frames.Owner.Loader("tx", "stack");
    InstallPlan overlapping =
        new InstallPlan(
            plan.policySet(),
            plan.version(),
            plan.policySha256(),
            plan.physicalAddressWidth(),
            plan.sources(),
            List.of(
                new InstallPlan.Content(new Frames(stack, 0, 8192), Bytes.of(new byte[8192])),
                new InstallPlan.Content(new Frames(stack, 4096, 4096), Bytes.of(new byte[4096]))),
            plan.reserved());
    assertThatThrownBy(() -> EptBuilder.build(overlapping, Samples.frames(), "b"))
        .isInstanceOf(BuildException.class)
        .hasMessageStartingWith("two contents for the frame at 0x1000");
  }

  @Test
  void aStepThatFailsIsTakenBack() throws Exception {
    Path occupied = Files.createDirectory(directory.resolve("image"));
    Files.createFile(occupied.resolve("inside"));
    assertThatThrownBy(() -> load(occupied)).isInstanceOf(IOException.class);
    assertOnly(occupied);
    Path nowhere = directory.resolve("none/image");
    assertThatThrownBy(() -> load(nowhere)).isInstanceOf(IOException.class);
    assertOnly(occupied);
  }

  private static LoadResult load(Path out) throws Exception {
    return Loader.load(
        request(Samples.bundle()), new ImageInstaller(out, new DurableDisk()), Optional.empty());
  }

  private void assertOnly(Path file) throws IOException {
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  private static LoadResult dryRun(byte[] frames) throws Exception {
    return dryRun(
        new LoadRequest(
            Bytes.of(Samples.bundle()),
            Optional.of(Bytes.of(Samples.trust().write())),
            false,
            Samples.NOW,
            Optional.of(Bytes.of(frames)),
            false,
            Optional.empty()));
  }

  private static LoadResult dryRun(LoadRequest request) throws Exception {
    return Loader.dryRun(
        request, new ImageInstaller(Path.of("image"), new DurableDisk()), Optional.empty());
  }

  private static LoadRequest request(byte[] bundle) {
    return new LoadRequest(
        Bytes.of(bundle),
        Optional.of(Bytes.of(Samples.trust().write())),
        false,
        Samples.NOW,
        Optional.of(Bytes.of(Samples.frames().canonical())),
        false,
        Optional.empty());
  }

  private static List<HostReason> reasons(LoadResult result) {
    assertThat(result).isInstanceOf(LoadResult.Refused.class);
    return ((LoadResult.Refused) result).refusals().stream().map(HostRefusal::reason).toList();
  }

  private static long[] list(EptImage image, int index) {
    byte[] page = image.pages().get(image.lists().get(index).host()).bytes().toArray();
    long[] words = new long[512];
    java.nio.ByteBuffer.wrap(page)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .asLongBuffer()
        .get(words);
    return words;
  }
}

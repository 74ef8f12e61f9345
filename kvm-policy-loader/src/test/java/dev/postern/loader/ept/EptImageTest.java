package dev.postern.loader.ept;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.json.JsonException;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.model.Hpa;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Builder and walker agree on whatever is planned, and disagree on whatever is not. */
class EptImageTest {

  @Property(tries = 150)
  void theWalkerFindsThePlan(@ForAll long seed) throws Exception {
    assertAgreement(seed);
  }

  @Property(tries = 10_000)
  @Tag("slow")
  void theWalkerFindsThePlanTenThousandTimes(@ForAll long seed) throws Exception {
    assertAgreement(seed);
  }

  private static void assertAgreement(long seed) throws Exception {
    RandomHost host = new RandomHost(seed);
    InstallPlan plan = host.plan();
    EptImage image = EptBuilder.build(plan, host.frames(), "b");
    assertThat(ImageComparer.compare(image, plan, host.frames())).isEmpty();
    byte[] file = ImageFile.write(image);
    assertThat(ImageFile.read(file)).isEqualTo(image);
    assertThat(ImageFile.write(EptBuilder.build(plan, host.frames(), "b"))).isEqualTo(file);
  }

  @Property(tries = 60)
  void oneBitOfAnyPageIsFound(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    RandomHost host = new RandomHost(seed);
    InstallPlan plan = host.plan();
    FrameMap frames = host.frames();
    EptImage image = EptBuilder.build(plan, frames, "b");
    for (Hpa at : image.pages().keySet()) {
      EptImage damaged = flip(image, at, random.nextInt(4096), random.nextInt(8));
      assertThat(ImageComparer.compare(damaged, plan, frames)).as("page %s", at).isNotEmpty();
    }
  }

  @Property(tries = 30)
  void pagesTooManyOrTooFewOrElsewhereAreFound(@ForAll long seed) throws Exception {
    RandomHost host = new RandomHost(seed);
    InstallPlan plan = host.plan();
    FrameMap frames = host.frames();
    EptImage image = EptBuilder.build(plan, frames, "b");
    for (Hpa at : image.pages().keySet()) {
      SortedMap<Hpa, EptImage.Page> fewer = new TreeMap<>(image.pages());
      EptImage.Page page = fewer.remove(at);
      assertThat(ImageComparer.compare(with(image, fewer), plan, frames)).isNotEmpty();
      fewer.put(new Hpa(0x7_0000_0000L), page);
      assertThat(ImageComparer.compare(with(image, fewer), plan, frames)).isNotEmpty();
    }
    SortedMap<Hpa, EptImage.Page> more = new TreeMap<>(image.pages());
    more.put(new Hpa(15L << 20), new EptImage.Page(EptImage.Kind.TABLE, Bytes.of(new byte[4096])));
    assertThat(ImageComparer.compare(with(image, more), plan, frames))
        .containsExactly("a page of the image that nothing reaches");
  }

  @Property(tries = 60)
  void anotherPlanIsFound(@ForAll long seed) throws Exception {
    RandomHost host = new RandomHost(seed);
    InstallPlan plan = host.plan();
    EptImage image = EptBuilder.build(plan, host.frames(), "b");
    for (InstallPlan other : variants(plan)) {
      EptImage renamed =
          new EptImage(
              "b",
              Bytes.of(other.canonical()).sha256(),
              image.lists(),
              image.allocations(),
              image.pages());
      assertThat(ImageComparer.compare(renamed, other, host.frames())).isNotEmpty();
      assertThat(ImageComparer.compare(image, other, host.frames())).isNotEmpty();
    }
  }

  @Property(tries = 300)
  void damagedFilesAreRefused(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    RandomHost host = new RandomHost(seed % 8);
    byte[] file = ImageFile.write(EptBuilder.build(host.plan(), host.frames(), "b"));
    byte[] flipped = file.clone();
    flipped[random.nextInt(random.nextBoolean() ? 600 : file.length)] ^=
        (byte) (1 << random.nextInt(8));
    assertRefusedOrAnother(flipped, new RandomHost(seed % 8));
    assertRefused(Arrays.copyOf(file, random.nextInt(file.length)));
    assertRefused(Arrays.copyOf(file, file.length + 1 + random.nextInt(5000)));
  }

  @Property(tries = 300)
  void anyBytesAreRefused(@ForAll byte[] bytes) {
    assertRefused(bytes);
    byte[] prefixed =
        Arrays.copyOf(
            "postern.image/1\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
            16 + bytes.length);
    System.arraycopy(bytes, 0, prefixed, 16, bytes.length);
    assertRefused(prefixed);
  }

  /** A flipped header may still be a header (another name); then it is another image. */
  private static void assertRefusedOrAnother(byte[] file, RandomHost host) {
    try {
      EptImage image = ImageFile.read(file);
      assertThat(ImageFile.write(image)).isEqualTo(file);
      List<String> differences = ImageComparer.compare(image, host.plan(), host.frames());
      assertThat(differences).doesNotContainNull();
    } catch (JsonException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  private static void assertRefused(byte[] file) {
    try {
      ImageFile.read(file);
    } catch (JsonException e) {
      return;
    }
    throw new AssertionError("read");
  }

  /** The plan with one thing changed. */
  private static List<InstallPlan> variants(InstallPlan plan) {
    List<InstallPlan> variants = new ArrayList<>();
    for (int s = 0; s < plan.sources().size(); s++) {
      InstallPlan.Source source = plan.sources().get(s);
      variants.add(
          replace(
              plan,
              s,
              new InstallPlan.Source(
                  source.vm(), source.vcpus() + 1, source.modeBasedExecute(), source.views())));
      for (int v = 0; v < source.views().size(); v++) {
        InstallPlan.Hierarchy view = source.views().get(v);
        variants.add(
            replace(
                plan,
                s,
                v,
                new InstallPlan.Hierarchy(
                    view.view(),
                    view.index(),
                    view.eptp(),
                    !view.suppressVeAbsent(),
                    view.runs())));
        if (!view.runs().isEmpty()) {
          variants.add(
              replace(
                  plan,
                  s,
                  v,
                  new InstallPlan.Hierarchy(
                      view.view(),
                      view.index(),
                      view.eptp(),
                      view.suppressVeAbsent(),
                      view.runs().subList(1, view.runs().size()))));
        }
      }
    }
    return variants;
  }

  private static InstallPlan replace(InstallPlan plan, int s, int v, InstallPlan.Hierarchy view) {
    InstallPlan.Source source = plan.sources().get(s);
    List<InstallPlan.Hierarchy> views = new ArrayList<>(source.views());
    views.set(v, view);
    return replace(
        plan,
        s,
        new InstallPlan.Source(source.vm(), source.vcpus(), source.modeBasedExecute(), views));
  }

  private static InstallPlan replace(InstallPlan plan, int s, InstallPlan.Source source) {
    List<InstallPlan.Source> sources = new ArrayList<>(plan.sources());
    sources.set(s, source);
    return new InstallPlan(
        plan.policySet(),
        plan.version(),
        plan.policySha256(),
        plan.physicalAddressWidth(),
        sources,
        plan.contents(),
        plan.reserved());
  }

  private static EptImage flip(EptImage image, Hpa at, int index, int bit) {
    SortedMap<Hpa, EptImage.Page> pages = new TreeMap<>(image.pages());
    EptImage.Page page = pages.get(at);
    byte[] bytes = page.bytes().toArray();
    bytes[index] ^= (byte) (1 << bit);
    pages.put(at, new EptImage.Page(page.kind(), Bytes.of(bytes)));
    return with(image, pages);
  }

  private static EptImage with(EptImage image, SortedMap<Hpa, EptImage.Page> pages) {
    return new EptImage(
        image.bundleId(), image.planSha256(), image.lists(), image.allocations(), pages);
  }
}

package dev.postern.loader.ept;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.loader.Samples;
import dev.postern.loader.host.Approved;
import dev.postern.model.Bytes;
import dev.postern.model.Hpa;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One bit or one entry of an image goes wrong: the walker says what it is, and the rules that are
 * decided on bytes say which of them no longer holds.
 */
class CorruptionTest {

  private static final long GATE = 0x8000_1000L;
  private static final long STACK = 0x8000_3000L;
  private static final long RINGS = 0x9000_0000L;
  private static final long RAM = 0x20_0000L;
  private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

  private static final EptImage IMAGE = image();

  /** Levels of a 4-level walk, by what an entry maps. */
  private enum Level {
    PML4(39),
    PDPT(30),
    PD(21),
    PT(12);

    private final int shift;

    Level(int shift) {
      this.shift = shift;
    }
  }

  /**
   * A corruption.
   *
   * @param slot of the EPTP list, negative for the list page itself (then {@code gpa} is the slot)
   * @param reason in what the comparison says
   * @param rule that no longer holds of the bytes; empty where only the plan is missed
   */
  record Kind(
      String name,
      int slot,
      long gpa,
      Level level,
      LongUnaryOperator change,
      String reason,
      String rule) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Kind> kinds() {
    return List.of(
        leaf("gate becomes writable", GATE, xor(1), "write planned false, found true", ""),
        leaf("gate becomes unreadable", GATE, xor(0), "read planned true, found false", ""),
        leaf("gate becomes inexecutable", GATE, xor(2), "execute planned true, found false", ""),
        leaf("gate gets the sub-page bit", GATE, xor(61), "sub-page write planned false", ""),
        leaf("gate gets the paging-write bit", GATE, xor(58), "paging write planned false", ""),
        leaf("gate gets the shadow-stack bit", GATE, xor(60), "shadow stack planned false", ""),
        leaf("gate gets guest-paging verification", GATE, xor(57), "verify guest paging", ""),
        leaf("gate gets user execute without MBEC", GATE, xor(10), "user execute planned", ""),
        leaf("gate loses suppress #VE", GATE, xor(63), "suppress #VE planned true", ""),
        leaf("gate loses ignore PAT", GATE, xor(6), "ignore PAT planned true", ""),
        leaf("gate is accessed", GATE, xor(8), "accessed planned false", ""),
        leaf("gate is dirty", GATE, xor(9), "dirty planned false", ""),
        leaf("gate becomes uncacheable", GATE, set(0x38, 0), "memory type planned 6, found 0", ""),
        leaf(
            "gate has reserved memory type 2",
            GATE,
            set(0x38, 0x10),
            "EPT misconfiguration, memory type 2",
            "ept-well-formed"),
        leaf(
            "gate has reserved memory type 7",
            GATE,
            set(0x38, 0x38),
            "EPT misconfiguration, memory type 7",
            "ept-well-formed"),
        leaf("gate is write-only", GATE, set(7, 2), "writable but not readable", "ept-well-formed"),
        leaf("gate has reserved bit 11", GATE, xor(11), "unknown bits 0x800", "ept-well-formed"),
        leaf("gate's frame is the next one", GATE, word -> word + 0x1000, "frame planned", ""),
        leaf(
            "gate's frame is the destination's",
            GATE,
            word -> (word & ~ADDRESS) | 0x6020_0000L,
            "frame planned",
            "destination-approved"),
        leaf(
            "gate's frame lies beyond the address width",
            GATE,
            xor(50),
            "beyond the physical-address width",
            "ept-well-formed"),
        leaf(
            "gate is absent, its frame left behind",
            GATE,
            word -> word & ~7L,
            "an absent entry holds",
            "ept-well-formed"),
        leaf("gate is absent", GATE, _ -> 1L << 63, "planned, and nothing is mapped", ""),
        leaf("a stack page is another vCPU's", STACK, word -> word + 0x4000, "frame planned", ""),
        leaf(
            "an extra page is mapped",
            STACK + 0x5000,
            _ -> 0x6020_0000L | 0x77,
            "mapped, and nothing is planned",
            "destination-approved"),
        new Kind(
            "the window is another machine's memory",
            1,
            RINGS,
            Level.PD,
            word -> (word & ~ADDRESS) | 0x6000_0000L,
            "frame planned 0x60200000, found 0x60000000",
            "destination-approved"),
        new Kind(
            "the window becomes executable",
            1,
            RINGS,
            Level.PD,
            xor(2),
            "execute planned false, found true",
            "destination-approved"),
        new Kind(
            "the window's large page becomes a table",
            1,
            RINGS,
            Level.PD,
            xor(7),
            "table entry holds",
            "ept-well-formed"),
        new Kind(
            "the window has reserved address bits",
            1,
            RINGS,
            Level.PD,
            xor(13),
            "reserved address bits of a large page",
            "ept-well-formed"),
        new Kind(
            "a table takes writing away",
            1,
            STACK,
            Level.PD,
            xor(1),
            "write planned true, found false",
            ""),
        new Kind(
            "a table's entry has memory-type bits",
            1,
            STACK,
            Level.PD,
            xor(4),
            "table entry holds 0x10",
            "ept-well-formed"),
        new Kind(
            "a PML4 entry has bit 7",
            1,
            STACK,
            Level.PML4,
            xor(7),
            "bit 7 in a PML4 entry",
            "ept-well-formed"),
        new Kind(
            "a table is the root again",
            1,
            STACK,
            Level.PD,
            word -> (word & ~ADDRESS) | root(1),
            "is reached twice",
            "ept-well-formed"),
        new Kind(
            "a table is the default view's",
            1,
            STACK,
            Level.PML4,
            word -> (word & ~ADDRESS) | (entry(IMAGE, 0, RAM, Level.PML4).word() & ADDRESS),
            "serves two purposes",
            "table-frames-unshared"),
        new Kind(
            "a table is not in the image",
            1,
            STACK,
            Level.PD,
            word -> (word & ~ADDRESS) | 0x7_0000_0000L,
            "is not in the image",
            "ept-well-formed"),
        new Kind(
            "the default view maps the EPTP list",
            0,
            GATE,
            Level.PT,
            word -> (word & ~ADDRESS) | IMAGE.lists().getFirst().host().value(),
            "maps frames of the pool of tables",
            "control-frames-unreachable"),
        list(
            "an undeclared slot is filled",
            7,
            _ -> root(1) | 0x1e,
            "is unused but holds",
            "eptp-list-exact"),
        list(
            "an undeclared slot is not zero",
            300,
            _ -> 1,
            "is unused but holds",
            "eptp-list-exact"),
        list(
            "slot 1 is slot 0 again",
            1,
            _ -> slot(0),
            "mapped, and nothing is planned",
            "eptp-list-exact"),
        list(
            "slot 1 has the root of slot 0 and other fields",
            1,
            _ -> slot(0) ^ 0x40,
            "has EPT pointer fields 0x5e",
            "eptp-list-exact"),
        list("slot 1 has accessed and dirty flags", 1, xor(6), "EPT pointer fields 0x5e", ""),
        list(
            "slot 1 walks 5 levels",
            1,
            word -> (word & ~0x38L) | 0x20,
            "EPT pointer fields 0x26",
            "ept-well-formed"),
        list(
            "slot 1 is write-through",
            1,
            word -> (word & ~7L) | 4,
            "EPT pointer fields 0x1c",
            "ept-well-formed"),
        list("slot 1 is empty", 1, _ -> 0, "EPT pointer fields 0x0", "ept-well-formed"),
        list("slot 1 has a reserved bit", 1, xor(9), "EPT pointer fields 0x21e", "ept-well-formed"),
        list(
            "slot 1 lies beyond the address width",
            1,
            xor(49),
            "EPT pointer: reserved bits",
            "ept-well-formed"));
  }

  @Test
  void thereAreThirtyKindsAndAWholeImageHasNone() {
    assertThat(kinds()).hasSizeGreaterThanOrEqualTo(30);
    assertThat(kinds().stream().map(Kind::name).distinct()).hasSameSizeAs(kinds());
    assertThat(ImageComparer.compare(IMAGE, Samples.plan(), Samples.frames())).isEmpty();
    assertThat(violations(IMAGE)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void isFoundWithItsReason(Kind kind) {
    EptImage damaged = damage(kind);
    assertThat(ImageComparer.compare(damaged, Samples.plan(), Samples.frames()))
        .anyMatch(difference -> difference.contains(kind.reason()));
    List<String> rules =
        violations(damaged).stream().map(ByteRules.Violation::rule).distinct().toList();
    if (kind.rule().isEmpty()) {
      assertThat(rules).isEmpty();
    } else {
      assertThat(rules).contains(kind.rule());
    }
  }

  private static List<ByteRules.Violation> violations(EptImage image) {
    return ByteRules.decide(
        image,
        Samples.plan(),
        Samples.frames(),
        new Approved(List.of(new Approved.Grant("fw", Samples.RINGS, true))));
  }

  private static EptImage damage(Kind kind) {
    Entry entry =
        kind.slot() < 0
            ? new Entry(IMAGE.lists().getFirst().host().value(), (int) kind.gpa(), 0)
            : entry(IMAGE, kind.slot(), kind.gpa(), kind.level());
    SortedMap<Hpa, EptImage.Page> pages = new TreeMap<>(IMAGE.pages());
    EptImage.Page page = pages.get(new Hpa(entry.table()));
    byte[] bytes = page.bytes().toArray();
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long before = words.getLong(entry.index() * 8);
    words.putLong(entry.index() * 8, kind.change().applyAsLong(before));
    assertThat(words.getLong(entry.index() * 8)).isNotEqualTo(before);
    pages.put(new Hpa(entry.table()), new EptImage.Page(page.kind(), Bytes.of(bytes)));
    return new EptImage(
        IMAGE.bundleId(), IMAGE.planSha256(), IMAGE.lists(), IMAGE.allocations(), pages);
  }

  /** Where an entry stands. */
  private record Entry(long table, int index, long word) {}

  private static Entry entry(EptImage image, int slot, long gpa, Level level) {
    long table = word(image, image.lists().getFirst().host().value(), slot).orElseThrow() & ADDRESS;
    for (Level at : Level.values()) {
      int index = (int) (gpa >>> at.shift) & 511;
      long word = word(image, table, index).orElseThrow();
      if (at == level) {
        return new Entry(table, index, word);
      }
      table = word & ADDRESS;
    }
    throw new AssertionError();
  }

  private static Optional<Long> word(EptImage image, long host, int index) {
    return Optional.ofNullable(image.pages().get(new Hpa(host)))
        .map(page ->
            ByteBuffer.wrap(page.bytes().toArray())
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong(index * 8));
  }

  private static long slot(int index) {
    return word(IMAGE, IMAGE.lists().getFirst().host().value(), index).orElseThrow();
  }

  private static long root(int index) {
    return slot(index) & ADDRESS;
  }

  private static EptImage image() {
    try {
      return EptBuilder.build(Samples.plan(), Samples.frames(), "b");
    } catch (BuildException e) {
      throw new AssertionError(e);
    }
  }

  private static Kind leaf(
      String name, long gpa, LongUnaryOperator change, String reason, String rule) {
    return new Kind(name, 1, gpa, Level.PT, change, reason, rule);
  }

  private static Kind list(
      String name, int slot, LongUnaryOperator change, String reason, String rule) {
    return new Kind(name, -1, slot, Level.PT, change, reason, rule);
  }

  private static LongUnaryOperator xor(int bit) {
    return word -> word ^ 1L << bit;
  }

  private static LongUnaryOperator set(long mask, long value) {
    return word -> (word & ~mask) | value;
  }
}

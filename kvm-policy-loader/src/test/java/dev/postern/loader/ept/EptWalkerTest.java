package dev.postern.loader.ept;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.loader.ept.EptWalker.Range;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The walker on words written by hand from the SDM's tables, without the builder. */
class EptWalkerTest {

  private static final long ROOT = 0x1000;
  private static final long EPTP = ROOT | 6 | 3 << 3;

  private final Map<Long, long[]> memory = new HashMap<>();

  /** PML4[0] to PDPT[1] to PD[2] to PT[3] to frame 0x7000, r-x, WB, IPAT. */
  @BeforeEach
  void tables() {
    word(0x1000, 0, 0x2007);
    word(0x2000, 1, 0x3007);
    word(0x3000, 2, 0x4007);
    word(0x4000, 3, 0x7000 | 5 | 6 << 3 | 0x40);
  }

  @Test
  void fourLevels() {
    EptWalker.Walk walk = walk();
    assertThat(walk.faults()).isEmpty();
    assertThat(walk.tables()).containsExactlyInAnyOrder(0x1000L, 0x2000L, 0x3000L, 0x4000L);
    assertThat(walk.ranges())
        .containsExactly(
            new Range(
                (1L << 30) + (2L << 21) + (3L << 12),
                4096,
                0x7000,
                4096,
                true,
                false,
                true,
                false,
                6,
                true,
                false,
                false,
                false,
                false,
                false,
                false,
                false));
  }

  @Test
  void permissionsAreAndedOverTheLevels() {
    word(0x2000, 1, 0x3003); // no execute
    word(0x3000, 2, 0x4005); // no write
    word(0x4000, 3, 0x7007 | 6 << 3);
    assertThat(walk().ranges().getFirst())
        .matches(range -> range.read() && !range.write() && !range.execute());
  }

  @Test
  void largeLeaves() {
    word(0x3000, 4, 0x60_0000L | 0x80 | 3 | 6 << 3);
    word(0x2000, 5, 0x4000_0000L | 0x80 | 1 | 6 << 3);
    List<Range> ranges = walk().ranges();
    assertThat(ranges).hasSize(3);
    assertThat(ranges.get(1))
        .matches(range -> range.leafSize() == 1L << 21 && range.frame() == 0x60_0000L);
    assertThat(ranges.get(2))
        .matches(range -> range.leafSize() == 1L << 30 && range.gpa() == 5L << 30);
  }

  @Test
  void neighboursThatContinueEachOtherAreOneRange() {
    word(0x4000, 4, 0x8000 | 5 | 6 << 3 | 0x40);
    word(0x4000, 5, 0x9000 | 5 | 6 << 3); // other attributes
    word(0x4000, 6, 0xb000 | 5 | 6 << 3); // other frames
    assertThat(walk().ranges()).extracting(Range::size).containsExactly(0x2000L, 0x1000L, 0x1000L);
  }

  @Test
  void everyLeafBitIsSeen() {
    long[] bits = {1L << 8, 1L << 9, 1L << 57, 1L << 58, 1L << 60, 1L << 61, 1L << 63, 1L << 10};
    Range plain = walk().ranges().getFirst();
    for (long bit : bits) {
      word(0x4000, 3, 0x7000 | 5 | 6 << 3 | 0x40 | bit);
      EptWalker.Walk walk = walk();
      assertThat(walk.faults()).isEmpty();
      assertThat(walk.ranges().getFirst()).isNotEqualTo(plain);
    }
  }

  @Test
  void userExecuteIsAndedWhereItIsAPermission() {
    word(0x4000, 3, 0x7000 | 1L << 10 | 6 << 3);
    assertThat(walk().ranges()).isEmpty(); // bits 2:0 clear: absent, and not zero
    assertThat(walk().faults()).hasSize(1);
    EptWalker.Walk withMode = EptWalker.walk(EPTP, this::at, 46, true, false);
    assertThat(withMode.ranges().getFirst().user()).isFalse(); // the tables above do not allow it
    word(0x1000, 0, 0x2407);
    word(0x2000, 1, 0x3407);
    word(0x3000, 2, 0x4407);
    EptWalker.Walk allowed = EptWalker.walk(EPTP, this::at, 46, true, false);
    assertThat(allowed.faults()).isEmpty();
    assertThat(allowed.ranges().getFirst())
        .matches(range -> range.user() && !range.execute() && !range.read());
  }

  @Test
  void misconfigurations() {
    assertFault(0x4000, 3, 0x7002 | 6 << 3, "writable but not readable");
    assertFault(0x4000, 3, 0x7006 | 6 << 3, "writable but not readable");
    assertFault(0x4000, 3, 0x7001 | 2 << 3, "memory type 2");
    assertFault(0x4000, 3, 0x7001 | 3 << 3, "memory type 3");
    assertFault(0x4000, 3, 0x7001 | 7 << 3, "memory type 7");
    assertFault(0x4000, 3, 1L << 46 | 1 | 6 << 3, "beyond the physical-address width");
    assertFault(0x3000, 2, 0x4002, "writable but not readable");
    assertFault(0x3000, 2, 0x4007 | 1 << 3, "table entry holds 0x8");
    assertFault(0x3000, 2, 0x1000 | 0x80 | 1 | 6 << 3, "reserved address bits");
    assertFault(0x2000, 1, 0x20_0000 | 0x80 | 1 | 6 << 3, "reserved address bits");
    assertFault(0x1000, 0, 0x2087, "bit 7 in a PML4 entry");
    assertFault(0x4000, 3, 0x7001 | 1L << 11 | 6 << 3, "unknown bits 0x800");
    assertFault(0x4000, 3, 0x7001 | 1L << 52 | 6 << 3, "unknown bits 0x10000000000000");
    assertFault(0x4000, 3, 0x7001 | 0x80 | 6 << 3, "unknown bits 0x80");
  }

  @Test
  void absentEntriesAreExact() {
    assertFault(0x4000, 9, 1L << 63, "an absent entry holds 0x8000000000000000");
    assertFault(0x4000, 9, 0x7000, "an absent entry holds 0x7000");
    assertThat(EptWalker.walk(EPTP, this::at, 46, false, true).faults()).hasSize(4 * 511);
  }

  @Test
  void tablesReachedTwiceOrNowhere() {
    assertFault(0x3000, 7, 0x4007, "table 0x4000 is reached twice");
    assertFault(0x3000, 7, 0x1007, "table 0x1000 is reached twice");
    assertFault(0x3000, 7, 0x9007, "table 0x9000 is not in the image");
  }

  @Test
  void pointers() {
    assertThat(faults(ROOT | 1 | 3 << 3)).containsExactly("EPT pointer: memory type 1");
    assertThat(faults(ROOT | 6 | 4 << 3)).containsExactly("EPT pointer: not a 4-level walk");
    assertThat(faults(EPTP | 0x100)).containsExactly("EPT pointer: reserved bits");
    assertThat(faults(EPTP | 1L << 63)).containsExactly("EPT pointer: reserved bits");
    assertThat(faults(ROOT | 3 << 3)).isEmpty();
  }

  private void assertFault(long table, int index, long value, String fault) {
    long before = at(table).orElseThrow()[index];
    word(table, index, value);
    assertThat(walk().faults()).anyMatch(text -> text.contains(fault));
    word(table, index, before);
    assertThat(walk().faults()).isEmpty();
  }

  private List<String> faults(long eptp) {
    return EptWalker.walk(eptp, this::at, 46, false, false).faults();
  }

  private EptWalker.Walk walk() {
    return EptWalker.walk(EPTP, this::at, 46, false, false);
  }

  private Optional<long[]> at(long host) {
    return Optional.ofNullable(memory.get(host));
  }

  private void word(long table, int index, long value) {
    memory.computeIfAbsent(table, host -> new long[512])[index] = value;
  }
}

package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * The flag rules that depend on CPL and IOPL, which the comparison with the real CPU reaches at CPL
 * 3 and IOPL 0 only. Expected values are the masks of the SDM's POPF, PUSHF, CLI and STI pages.
 */
class PrivilegedFlagsTest {

  private static final long ALWAYS = 0x0024_4DD5; // CF PF AF ZF SF TF DF OF NT AC ID
  private static final long IF = 0x200;
  private static final long IOPL = 0x3000;
  private static final long RF = 0x1_0000;
  private static final long VIF = 0x8_0000;
  private static final long VIP = 0x10_0000;
  private static final long ALL = 0x3F_7FD5;
  private static final int GP = 13;
  private static final int UD = 6;

  private final SplittableRandom random = new SplittableRandom(59);

  /** A run at one CPL from random flags with the given IOPL, and RSP inside the page. */
  private CpuState state(int iopl) {
    long[] gpr = random.longs(16).toArray();
    gpr[Gpr.RSP.ordinal()] = Sandbox.layout(0).page() + 0x800;
    long flags = random.nextLong() & ALL & ~(IOPL | 1 << 17 | 1 << 18) | (long) iopl << 12 | 2;
    return new CpuState(gpr, flags, random.nextLong());
  }

  private interface Check {
    void at(int cpl, int iopl, CpuState state, RealCpu.Layout layout);
  }

  private void everyPrivilege(Check check) {
    for (int cpl = 0; cpl < 4; cpl++) {
      for (int iopl = 0; iopl < 4; iopl++) {
        for (int i = 0; i < 200; i++) {
          check.at(cpl, iopl, state(iopl), Sandbox.layout(cpl));
        }
      }
    }
  }

  private static long image(CpuState state) {
    return state.word(0x800 / 8);
  }

  @Test
  void popfqChangesWhatPrivilegeAllows() {
    Instruction popfq = Sandbox.decode(Mode.BITS64, 0x9D);
    everyPrivilege((cpl, iopl, state, layout) -> {
      long mask = ALWAYS | (cpl == 0 ? IOPL : 0) | (cpl <= iopl ? IF : 0);
      CpuOutcome outcome = Sandbox.run(layout, popfq, state, false).outcome();
      assertThat(outcome.flags()).isEqualTo(state.flags() & ~mask & ~RF | image(state) & mask);
      assertThat(outcome.gpr()[Gpr.RSP.ordinal()]).isEqualTo(layout.page() + 0x808);
    });
  }

  @Test
  void popfOf16BitsLeavesTheUpperFlags() {
    Instruction popf = Sandbox.decode(Mode.BITS64, 0x66, 0x9D);
    everyPrivilege((cpl, iopl, state, layout) -> {
      long mask = 0xFFFF & (ALWAYS | (cpl == 0 ? IOPL : 0) | (cpl <= iopl ? IF : 0));
      CpuOutcome outcome = Sandbox.run(layout, popf, state, false).outcome();
      assertThat(outcome.flags()).isEqualTo(state.flags() & ~mask | image(state) & mask);
      assertThat(outcome.gpr()[Gpr.RSP.ordinal()]).isEqualTo(layout.page() + 0x802);
    });
  }

  @Test
  void pushfqStoresVmAndRfAsZero() {
    Instruction pushfq = Sandbox.decode(Mode.BITS64, 0x9C);
    everyPrivilege((cpl, iopl, state, layout) -> {
      CpuOutcome outcome = Sandbox.run(layout, pushfq, state, false).outcome();
      assertThat(outcome.changed().getOrDefault(0x7F8, state.word(0x7F8 / 8)))
          .isEqualTo(state.flags() & 0xFC_FFFF);
    });
  }

  @Test
  void cliAndStiNeedIoplOrPvi() {
    Instruction cli = Sandbox.decode(Mode.BITS64, 0xFA);
    Instruction sti = Sandbox.decode(Mode.BITS64, 0xFB);
    everyPrivilege((cpl, iopl, state, layout) -> {
      CpuOutcome cleared = Sandbox.run(layout, cli, state, false).outcome();
      CpuOutcome set = Sandbox.run(layout, sti, state, false).outcome();
      if (cpl <= iopl) {
        assertThat(cleared.flags()).isEqualTo(state.flags() & ~IF);
        assertThat(set.flags()).isEqualTo(state.flags() | IF);
      } else {
        assertThat(cleared.vector()).isEqualTo(GP);
        assertThat(set.vector()).isEqualTo(GP);
        assertThat(set.flags()).isEqualTo(state.flags());
      }
      CpuOutcome virtual = Sandbox.run(layout, sti, state, true).outcome();
      if (cpl == 3 && iopl < 3 && (state.flags() & VIP) == 0) {
        assertThat(virtual.flags()).isEqualTo(state.flags() | VIF);
      } else if (cpl > iopl) {
        assertThat(virtual.vector()).isEqualTo(GP);
      }
    });
  }

  @Test
  void clacAndStacAreForTheSupervisor() {
    Instruction clac = Sandbox.decode(Mode.BITS64, 0x0F, 0x01, 0xCA);
    Instruction stac = Sandbox.decode(Mode.BITS64, 0x0F, 0x01, 0xCB);
    everyPrivilege((cpl, iopl, state, layout) -> {
      CpuOutcome cleared = Sandbox.run(layout, clac, state, false).outcome();
      CpuOutcome set = Sandbox.run(layout, stac, state, false).outcome();
      if (cpl == 0) {
        assertThat(cleared.flags()).isEqualTo(state.flags() & ~(1 << 18));
        assertThat(set.flags()).isEqualTo(state.flags() | 1 << 18);
      } else {
        assertThat(cleared.vector()).isEqualTo(UD);
        assertThat(set.vector()).isEqualTo(UD);
      }
    });
  }
}

package dev.postern.x86;

import java.util.Map;

/** A layout like the harness's, for tests that need no real CPU. */
final class Sandbox {

  private Sandbox() {}

  /** Code at the given privilege level. */
  static RealCpu.Layout layout(int cpl) {
    Map<Segment, Integer> selectors =
        Map.of(
            Segment.ES,
            0,
            Segment.CS,
            0x30 | cpl,
            Segment.SS,
            0x28 | cpl,
            Segment.DS,
            0,
            Segment.FS,
            0,
            Segment.GS,
            0);
    return new RealCpu.Layout(
        0x5d3b_6000L,
        0x100,
        0x2000_0000L,
        0x8000,
        0x2000_1000L,
        0x2000_0000L,
        Map.of(Mode.BITS64, selectors, Mode.BITS32, selectors, Mode.BITS16, selectors),
        true);
  }

  /** Runs an instruction that the core models. */
  static SandboxCpu.Expected.Done run(
      RealCpu.Layout layout, Instruction instruction, CpuState state, boolean undefinedOnes) {
    return switch (SandboxCpu.run(layout, instruction, state, undefinedOnes)) {
      case SandboxCpu.Expected.Done done -> done;
      case SandboxCpu.Expected.NotOurs n -> throw new AssertionError(instruction + " is delegated");
    };
  }

  static Instruction decode(Mode mode, int... bytes) {
    byte[] code = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      code[i] = (byte) bytes[i];
    }
    return (Instruction) Decoder.decode(code, 0, code.length, mode);
  }
}

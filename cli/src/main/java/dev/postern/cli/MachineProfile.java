package dev.postern.cli;

import dev.postern.verifier.GateCost;
import picocli.CommandLine.Option;

/**
 * What a machine takes, in cycles. The defaults are the figures published for VMFUNC switching on a
 * 3.2 GHz server processor; another machine's are measured there and given as options.
 */
final class MachineProfile {

  @Option(
      names = "--mhz",
      paramLabel = "N",
      defaultValue = "3200",
      description = "clock of the processor; 3200 unless given")
  private long mhz = 3200;

  @Option(
      names = "--vmfunc",
      paramLabel = "CYCLES",
      defaultValue = "150",
      description = "one EPTP switch; 150 unless given")
  private long vmfunc = 150;

  @Option(
      names = "--hypercall",
      paramLabel = "CYCLES",
      defaultValue = "1550",
      description = "VMCALL and back; 1550 unless given")
  private long hypercall = 1550;

  @Option(
      names = "--syscall",
      paramLabel = "CYCLES",
      defaultValue = "1300",
      description = "system call and back; 1300 unless given")
  private long syscall = 1300;

  @Option(
      names = "--packets",
      paramLabel = "N",
      defaultValue = "1",
      description = "packets a call handles; 1 unless given")
  private long packets = 1;

  /** How a call gets to the code. */
  enum Crossing {
    VMFUNC,
    HYPERCALL,
    SYSCALL
  }

  void check() throws Failure {
    for (long value : new long[] {mhz, vmfunc, hypercall, syscall, packets}) {
      if (value < 1 || value > 1_000_000) {
        throw Failure.badInput("a machine's figures are from 1 to 1000000; hint: cost --help");
      }
    }
  }

  long mhz() {
    return mhz;
  }

  long packets() {
    return packets;
  }

  long cycles(Crossing crossing) {
    return switch (crossing) {
      case VMFUNC -> vmfunc;
      case HYPERCALL -> hypercall;
      case SYSCALL -> syscall;
    };
  }

  /** A round trip in picoseconds, each instruction counting one cycle. */
  long roundTripPicoseconds(Crossing crossing, long instructions) {
    long times = crossing == Crossing.VMFUNC ? GateCost.VMFUNCS : 1;
    return (times * cycles(crossing) + instructions) * 1_000_000 / mhz;
  }

  long packetsPerSecond(Crossing crossing, long instructions) {
    return packets * 1_000_000_000_000L / roundTripPicoseconds(crossing, instructions);
  }

  /** Thousandths of a core that keep a link busy whose packets come every {@code picoseconds}. */
  long milliCores(Crossing crossing, long instructions, long picoseconds) {
    long each = roundTripPicoseconds(crossing, instructions);
    return (1000 * each + packets * picoseconds - 1) / (packets * picoseconds);
  }
}

package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What system instructions and foreign ones do to what is modelled (SDM vol. 2, vol. 3 §25.1). */
class SystemSemanticsTest {

  /** A processor that notes what it is asked; what comes from outside is all ones or all zeros. */
  private static final class Noting implements Platform<Bits> {
    private final Set<Restraint> held = EnumSet.noneOf(Restraint.class);
    private final Map<Gpr, Bits> gprs = new EnumMap<>(Gpr.class);
    private final Map<Flag, Bits> flags = new EnumMap<>(Flag.class);
    private final List<String> accesses = new ArrayList<>();
    private final int cs;
    private final boolean ones;
    private Optional<ExceptionVector> raised = Optional.empty();

    Noting(int cs, boolean ones) {
      this.cs = cs;
      this.ones = ones;
    }

    @Override
    public Algebra<Bits> algebra() {
      return ConcreteAlgebra.INSTANCE;
    }

    @Override
    public Bits gpr(Gpr register) {
      return gprs.getOrDefault(register, Bits.of(64, 0x1000));
    }

    @Override
    public void setGpr(Gpr register, Bits value) {
      gprs.put(register, value);
    }

    @Override
    public Bits flag(Flag flag) {
      return flags.getOrDefault(flag, Bits.ZERO);
    }

    @Override
    public void setFlag(Flag flag, Bits bit) {
      flags.put(flag, bit);
    }

    @Override
    public Bits undefined(int width, List<Bits> inputs) {
      return Bits.of(width, 0);
    }

    @Override
    public Bits selector(Segment segment) {
      return Bits.of(16, cs);
    }

    @Override
    public Bits segmentBase(Segment segment) {
      return Bits.of(64, 0);
    }

    @Override
    public Bits load(Segment segment, Bits offset, int bytes) {
      accesses.add("read %d at %x".formatted(bytes, offset.low()));
      return Bits.of(8 * bytes, 0);
    }

    @Override
    public void store(Segment segment, Bits offset, Bits value) {
      accesses.add("write %d at %x".formatted(value.width() / 8, offset.low()));
    }

    @Override
    public void raiseIf(Bits condition, ExceptionVector vector) {
      if (condition.isTrue() && raised.isEmpty()) {
        raised = Optional.of(vector);
      }
    }

    @Override
    public boolean holds(Restraint restraint) {
      return held.contains(restraint);
    }

    @Override
    public Bits outside(int width) {
      return Bits.of(width, ones ? -1L : 0);
    }
  }

  private static final int KERNEL = 0x10;
  private static final int USER = 0x33;

  private static Flow<Bits> run(Noting cpu, String hex, Mode mode) {
    byte[] code = HexFormat.of().parseHex(hex);
    Instruction instruction = (Instruction) Decoder.decode(code, 0, code.length, mode);
    assertThat(Semantics.step(instruction, code.length, cpu))
        .as("the core leaves %s to the machine", hex)
        .isInstanceOf(Flow.Delegated.class);
    return SystemSemantics.step(instruction, code.length, cpu);
  }

  /** SGDT SIDT SLDT STR LGDT LIDT LLDT LTR, by the memory form. */
  @Test
  void descriptorTableInstructionsExitWhereTheHostSaysSo() {
    for (String hex :
        List.of("0f0100", "0f0108", "0f0000", "0f0008", "0f0110", "0f0118", "0f0010", "0f0018")) {
      Noting cpu = new Noting(KERNEL, false);
      cpu.held.add(Platform.Restraint.DESCRIPTOR_TABLES_EXIT);
      assertThat(run(cpu, hex, Mode.BITS64)).as(hex).isInstanceOf(Flow.Exits.class);
      assertThat(cpu.accesses).as("%s: the exit comes first", hex).isEmpty();
    }
  }

  @Test
  void withoutTheControlTheyStoreOrStayUnmodelled() {
    Noting cpu = new Noting(KERNEL, false);
    assertThat(run(cpu, "0f0100", Mode.BITS64)).isInstanceOf(Flow.Next.class);
    assertThat(cpu.accesses).containsExactly("write 2 at 1000", "write 8 at 1002");
    Noting narrow = new Noting(KERNEL, false);
    run(narrow, "0f0100", Mode.BITS32);
    assertThat(narrow.accesses).containsExactly("write 2 at 1000", "write 4 at 1002");
    assertThat(run(new Noting(KERNEL, false), "0f0118", Mode.BITS64))
        .isInstanceOf(Flow.Delegated.class);
  }

  /** LGDT, LMSW, MOV CR3, CLTS, INVLPG, WBINVD, HLT, INVD, XSETBV, RDMSR, MOV DR. */
  @Test
  void privilegeComesBeforeTheExit() {
    for (String hex :
        List.of(
            "0f0110", "0f01f0", "0f22d8", "0f06", "0f0138", "0f09", "f4", "0f08", "0f01d1", "0f32",
            "0f21c0")) {
      Noting user = new Noting(USER, false);
      EnumSet.allOf(Platform.Restraint.class).forEach(user.held::add);
      run(user, hex, Mode.BITS64);
      assertThat(user.raised).as(hex).contains(ExceptionVector.GP);
      Noting kernel = new Noting(KERNEL, false);
      run(kernel, hex, Mode.BITS64);
      assertThat(kernel.raised).as(hex).isEmpty();
    }
  }

  /** In real mode CS says nothing of a privilege level, so either may be true. */
  @Test
  void outsideLongModePrivilegeIsNotRead() {
    Noting virtual = new Noting(KERNEL, true);
    run(virtual, "f4", Mode.BITS16);
    assertThat(virtual.raised).contains(ExceptionVector.GP);
    Noting real = new Noting(USER, false);
    run(real, "f4", Mode.BITS16);
    assertThat(real.raised).isEmpty();
  }

  @Test
  void controlRegistersThatMatterAreTheHosts() {
    String toCr4 = "0f22e0";
    assertThat(run(new Noting(KERNEL, false), toCr4, Mode.BITS64))
        .isInstanceOf(Flow.Delegated.class);
    Noting pinned = new Noting(KERNEL, false);
    pinned.held.add(Platform.Restraint.CONTROL_REGISTERS_PINNED);
    assertThat(run(pinned, toCr4, Mode.BITS64)).isInstanceOf(Flow.Next.class);
    assertThat(run(pinned, "0f22d8", Mode.BITS64))
        .as("CR3 is another control")
        .isInstanceOf(Flow.Delegated.class);
    pinned.held.add(Platform.Restraint.CR3_LOAD_EXITS);
    assertThat(run(pinned, "0f22d8", Mode.BITS64)).isInstanceOf(Flow.Exits.class);
  }

  @Test
  void whatIsReadComesFromOutside() {
    Noting cpu = new Noting(KERNEL, true);
    cpu.raised = Optional.of(ExceptionVector.UD); // the outside also raises what it may
    run(cpu, "0f31", Mode.BITS64);
    assertThat(cpu.gpr(Gpr.RAX)).isEqualTo(Bits.of(64, 0xffff_ffffL));
    assertThat(cpu.gpr(Gpr.RDX)).isEqualTo(Bits.of(64, 0xffff_ffffL));
  }

  private static Noting foreign(String hex, Mode mode) {
    byte[] code = HexFormat.of().parseHex(hex);
    Noting cpu = new Noting(KERNEL, false);
    Decoded.Foreign foreign = (Decoded.Foreign) Decoder.decode(code, 0, code.length, mode);
    assertThat(foreign.length()).isEqualTo(code.length);
    ForeignSemantics.step(foreign, mode, code.length, cpu);
    return cpu;
  }

  /** FLD m80, FST m64, MOVAPS, PSHUFB's neighbour PSHUFW with its immediate, FXSAVE. */
  @Test
  void foreignInstructionsAccessTheirOperand() {
    assertThat(foreign("db28", Mode.BITS64).accesses)
        .containsExactly("read 8 at 1000", "read 2 at 1008");
    assertThat(foreign("dd10", Mode.BITS64).accesses).containsExactly("write 8 at 1000");
    assertThat(foreign("0f2800", Mode.BITS64).accesses).containsExactly("read 16 at 1000");
    assertThat(foreign("0f70001b", Mode.BITS64).accesses).containsExactly("read 8 at 1000");
    assertThat(foreign("0fae00", Mode.BITS64).accesses).hasSize(32).contains("write 16 at 11f0");
    assertThat(foreign("d807", Mode.BITS16).accesses).containsExactly("read 4 at 1000");
    assertThat(foreign("d8c1", Mode.BITS64).accesses).isEmpty();
  }

  @Test
  void alignmentIsDemandedWhereTheManualDoes() {
    assertThat(foreign("0f284001", Mode.BITS64).raised).contains(ExceptionVector.GP);
    assertThat(foreign("0f104001", Mode.BITS64).raised).isEmpty();
  }

  /** FNSTSW AX, MOVMSKPS, MOVD, MOVQ, CVTTSS2SI of memory. */
  @Test
  void whatGeneralRegistersGetComesFromOutside() {
    assertThat(foreign("dfe0", Mode.BITS64).gprs).containsExactly(entry(Gpr.RAX, 0));
    assertThat(foreign("0f50c8", Mode.BITS64).gprs).containsExactly(entry(Gpr.RCX, 0));
    assertThat(foreign("66410f7ec1", Mode.BITS64).gprs).containsExactly(entry(Gpr.R9, 0));
    assertThat(foreign("664c0f7ec1", Mode.BITS64).gprs).containsExactly(entry(Gpr.RCX, 0));
    Noting converted = foreign("f3440f2c00", Mode.BITS64);
    assertThat(converted.gprs).containsExactly(entry(Gpr.R8, 0));
    assertThat(converted.accesses).containsExactly("read 4 at 1000");
    Noting ones = new Noting(KERNEL, true);
    ones.raised = Optional.of(ExceptionVector.UD); // the outside also raises what it may
    ForeignSemantics.step(decoded("0f50c8"), Mode.BITS64, 3, ones);
    assertThat(ones.gpr(Gpr.RCX)).as("32 bits").isEqualTo(Bits.of(64, 0xffff_ffffL));
  }

  private static Map.Entry<Gpr, Bits> entry(Gpr gpr, long value) {
    return Map.entry(gpr, Bits.of(64, value));
  }

  /** FCOMI, UCOMISS: with zeros from outside, what a comparison with a NaN gives. */
  @Test
  void comparisonsLeaveFlags() {
    for (String hex : List.of("dbf1", "0f2ec1")) {
      Noting cpu = foreign(hex, Mode.BITS64);
      assertThat(cpu.gprs).as(hex).isEmpty();
      for (Flag flag : List.of(Flag.ZF, Flag.PF, Flag.CF)) {
        assertThat(cpu.flag(flag)).as(hex + " " + flag).isEqualTo(Bits.of(1, 1));
      }
      for (Flag flag : List.of(Flag.OF, Flag.SF, Flag.AF)) {
        assertThat(cpu.flags).as(hex).containsEntry(flag, Bits.ZERO);
      }
    }
  }

  /** XSAVE, XSAVEOPT, XSAVEC, XSAVES write; XRSTOR and XRSTORS read; all more than is known. */
  @Test
  void savedStateIsMoreThanItsHeader() {
    for (String hex : List.of("0fae20", "0fae30", "0fc720", "0fc728", "0fae28", "0fc718")) {
      Decoded.Foreign foreign = decoded(hex);
      assertThat(foreign.leaves()).as(hex).isEqualTo(Decoded.Leaves.MORE);
      assertThat(foreign.effect())
          .as(hex)
          .isEqualTo(foreign.set().equals("XSAVE") ? Decoded.Effect.WRITES : Decoded.Effect.READS);
    }
  }

  private static Decoded.Foreign decoded(String hex) {
    byte[] code = HexFormat.of().parseHex(hex);
    return (Decoded.Foreign) Decoder.decode(code, 0, code.length, Mode.BITS64);
  }

  /** KVM's answers: -KVM_ENOSYS to the kernel, -KVM_EPERM to others, as wide as the mode. */
  @Test
  void anUnknownHypercallSaysSo() {
    Noting kernel = new Noting(KERNEL, false);
    assertThat(SystemSemantics.unknownHypercall(Mode.BITS64, kernel)).isEqualTo(Bits.of(64, -1000));
    assertThat(SystemSemantics.unknownHypercall(Mode.BITS32, kernel))
        .isEqualTo(Bits.of(64, -1000 & 0xffff_ffffL));
    assertThat(SystemSemantics.unknownHypercall(Mode.BITS64, new Noting(USER, false)))
        .isEqualTo(Bits.of(64, -1));
  }

  /** What writes where a register says, or state that nothing here holds, is none of these. */
  @Test
  void whatChangesMoreIsRefused() {
    for (String hex : List.of("0ff7c1", "660ff7c1", "0fc300", "d930", "dd20")) {
      byte[] code = HexFormat.of().parseHex(hex);
      assertThat(Decoder.decode(code, 0, code.length, Mode.BITS64))
          .as(hex)
          .isInstanceOf(Decoded.Unsupported.class);
    }
  }
}

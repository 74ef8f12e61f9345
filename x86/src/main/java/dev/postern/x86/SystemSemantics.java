package dev.postern.x86;

import java.util.List;

/**
 * What system instructions do to registers and memory, over any {@link Algebra}, as far as it can
 * be said without a model of the system registers: what is read from those is {@link
 * Platform#outside}, and what is written to them is either taken by the hypervisor or does not
 * matter. An instruction that writes a system register that does matter stays {@link
 * Flow.Delegated}, after its memory operand has been read.
 *
 * <p>Faults that depend on state that is not modelled (CR4.UMIP, CR4.TSD, reserved bits, a CPUID
 * feature) may be raised or not, as {@link Platform#outside} chooses.
 */
public final class SystemSemantics {

  private SystemSemantics() {}

  /** Runs one instruction that {@link Semantics} delegates. */
  public static <V> Flow<V> step(Instruction instruction, long nextIp, Platform<V> platform) {
    Step<V> s = new Step<>(instruction, nextIp, platform);
    return switch (instruction.mnemonic()) {
      case SGDT, SIDT -> storeTable(s, platform);
      case SLDT, STR -> storeSelector(s, platform);
      case LGDT, LIDT, LLDT, LTR -> loadTable(s, platform);
      case SMSW -> {
        unprivilegedMayFault(s, platform);
        s.write(0, platform.outside(s.operand(0).width()));
        yield s.next();
      }
      case LMSW -> {
        privileged(s, platform);
        s.read(0);
        yield platform.holds(Platform.Restraint.CONTROL_REGISTERS_PINNED)
            ? s.next()
            : s.delegated();
      }
      case MOV_CR -> controlRegister(s, platform);
      case MOV_DR -> debugRegister(s, platform);
      // They change TS, translations and caches, of which nothing here depends.
      case CLTS, INVLPG, WBINVD, HLT -> {
        privileged(s, platform);
        yield s.next();
      }
      case INVD, XSETBV -> {
        privileged(s, platform);
        yield new Flow.Exits<>(instruction.mnemonic());
      }
      // #UD without CR4.VMXE, #GP above CPL 0, else an exit (SDM vol. 3 §25.1.2).
      case VMLAUNCH, VMRESUME, VMXOFF -> {
        mayRaise(platform, ExceptionVector.UD);
        mayRaise(platform, ExceptionVector.GP);
        yield new Flow.Exits<>(instruction.mnemonic());
      }
      case CPUID -> new Flow.Exits<>(instruction.mnemonic());
      case RDTSC -> {
        unprivilegedMayFault(s, platform);
        yield intoEdxEax(s, platform);
      }
      case RDTSCP -> {
        mayRaise(platform, ExceptionVector.UD);
        unprivilegedMayFault(s, platform);
        s.setRegister(Gpr.RCX, platform.outside(32));
        yield intoEdxEax(s, platform);
      }
      case RDMSR -> {
        privileged(s, platform);
        mayRaise(platform, ExceptionVector.GP);
        yield intoEdxEax(s, platform);
      }
      case RDPMC -> {
        mayRaise(platform, ExceptionVector.GP);
        yield intoEdxEax(s, platform);
      }
      case XGETBV, RDPKRU -> {
        mayRaise(platform, ExceptionVector.UD);
        mayRaise(platform, ExceptionVector.GP);
        yield intoEdxEax(s, platform);
      }
      case RDPID -> {
        mayRaise(platform, ExceptionVector.UD);
        s.write(0, platform.outside(s.operand(0).width()));
        yield s.next();
      }
      case RDRAND, RDSEED -> random(s, platform);
      case STMXCSR -> {
        vectorStateMayBeOff(platform);
        s.write(0, platform.outside(32));
        yield s.next();
      }
      case CLI, STI -> interruptFlag(s, platform);
      case CLAC, STAC -> {
        mayRaise(platform, ExceptionVector.UD);
        s.set(Flag.AC, instruction.mnemonic() == Mnemonic.STAC);
        yield s.next();
      }
      case IN -> {
        if (!platform.holds(Platform.Restraint.DESCRIPTOR_TABLES_EXIT)) {
          yield s.delegated(); // the permission map is read through TR's base
        }
        mayRaise(platform, ExceptionVector.GP);
        s.write(0, platform.outside(s.operand(0).width()));
        yield s.next();
      }
      case OUT -> {
        if (!platform.holds(Platform.Restraint.DESCRIPTOR_TABLES_EXIT)) {
          yield s.delegated();
        }
        mayRaise(platform, ExceptionVector.GP);
        yield s.next();
      }
      // The operand is read, which may be an attack; what is loaded is not modelled.
      case LDMXCSR, VERR, VERW -> {
        s.read(0);
        yield s.delegated();
      }
      case MOV, LAR, LSL -> {
        s.read(1);
        yield s.delegated();
      }
      default -> s.delegated();
    };
  }

  /**
   * RAX as a hypervisor leaves it that does not know a VMCALL's number, as KVM does
   * (kvm_emulate_hypercall): -KVM_ENOSYS, above CPL 0 -KVM_EPERM; outside 64-bit mode 32 bits of
   * it. One answer of many: it says nothing of what else a hypervisor may do.
   */
  public static <V> V unknownHypercall(Mode mode, Platform<V> platform) {
    Algebra<V> algebra = platform.algebra();
    V level = algebra.extract(platform.selector(Segment.CS), 1, 0);
    V privileged = algebra.eq(level, algebra.constant(2, 0));
    V answer = algebra.ite(privileged, algebra.constant(64, -1000), algebra.constant(64, -1));
    return mode == Mode.BITS64 ? answer : algebra.zeroExtend(algebra.extract(answer, 31, 0), 64);
  }

  /** SGDT, SIDT: limit (16 bits), then base. */
  private static <V> Flow<V> storeTable(Step<V> s, Platform<V> platform) {
    unprivilegedMayFault(s, platform);
    if (platform.holds(Platform.Restraint.DESCRIPTOR_TABLES_EXIT)) {
      return new Flow.Exits<>(s.instruction.mnemonic());
    }
    Operand.Memory table = s.memory(0);
    platform.store(table.segment(), s.address(table), platform.outside(16));
    platform.store(
        table.segment(), s.address(table, s.constant(64, 2)), platform.outside(table.width() - 16));
    return s.next();
  }

  private static <V> Flow<V> storeSelector(Step<V> s, Platform<V> platform) {
    mayBeUndefinedInRealMode(s, platform);
    unprivilegedMayFault(s, platform);
    if (platform.holds(Platform.Restraint.DESCRIPTOR_TABLES_EXIT)) {
      return new Flow.Exits<>(s.instruction.mnemonic());
    }
    s.write(0, platform.outside(s.operand(0).width()));
    return s.next();
  }

  private static <V> Flow<V> loadTable(Step<V> s, Platform<V> platform) {
    if (s.instruction.mnemonic() == Mnemonic.LLDT || s.instruction.mnemonic() == Mnemonic.LTR) {
      mayBeUndefinedInRealMode(s, platform);
    }
    privileged(s, platform);
    return platform.holds(Platform.Restraint.DESCRIPTOR_TABLES_EXIT)
        ? new Flow.Exits<>(s.instruction.mnemonic())
        : s.delegated();
  }

  private static <V> Flow<V> controlRegister(Step<V> s, Platform<V> platform) {
    privileged(s, platform);
    if (s.operand(0) instanceof Operand.ControlRegister written) {
      mayRaise(platform, ExceptionVector.GP);
      return switch (written.number()) {
        case 3 ->
            platform.holds(Platform.Restraint.CR3_LOAD_EXITS)
                ? new Flow.Exits<>(s.instruction.mnemonic())
                : s.delegated();
        case 0, 4 ->
            platform.holds(Platform.Restraint.CONTROL_REGISTERS_PINNED) ? s.next() : s.delegated();
        default -> s.next(); // CR2 and CR8: nothing here reads them
      };
    }
    s.write(0, platform.outside(s.operand(0).width()));
    return s.next();
  }

  private static <V> Flow<V> debugRegister(Step<V> s, Platform<V> platform) {
    privileged(s, platform);
    mayRaise(platform, ExceptionVector.UD);
    return platform.holds(Platform.Restraint.MOV_DR_EXITS)
        ? new Flow.Exits<>(s.instruction.mnemonic())
        : s.delegated();
  }

  /** RDRAND, RDSEED: CF says whether there is a value; OF, SF, ZF, AF and PF are cleared. */
  private static <V> Flow<V> random(Step<V> s, Platform<V> platform) {
    mayRaise(platform, ExceptionVector.UD);
    s.write(0, platform.outside(s.operand(0).width()));
    s.set(Flag.CF, platform.outside(1));
    for (Flag flag : List.of(Flag.OF, Flag.SF, Flag.ZF, Flag.AF, Flag.PF)) {
      s.set(flag, false);
    }
    return s.next();
  }

  /** CLI, STI outside 64-bit mode, which may be virtual-8086 mode: IF or VIF changes, or #GP. */
  private static <V> Flow<V> interruptFlag(Step<V> s, Platform<V> platform) {
    mayRaise(platform, ExceptionVector.GP);
    V virtual = platform.outside(1);
    V value = s.truth(s.instruction.mnemonic() == Mnemonic.STI);
    s.set(Flag.IF, s.algebra.ite(virtual, s.flag(Flag.IF), value));
    s.set(Flag.VIF, s.algebra.ite(virtual, value, s.flag(Flag.VIF)));
    return s.next();
  }

  private static <V> Flow<V> intoEdxEax(Step<V> s, Platform<V> platform) {
    s.setRegister(Gpr.RAX, platform.outside(32));
    s.setRegister(Gpr.RDX, platform.outside(32));
    return s.next();
  }

  // ---- faults

  /**
   * Whether the code is not at CPL 0. Outside 64-bit mode CS says so only in protected mode: in
   * real and virtual-8086 mode its low bits are part of an address, so either may be true.
   */
  private static <V> V unprivileged(Step<V> s, Platform<V> platform) {
    V level = s.algebra.extract(platform.selector(Segment.CS), 1, 0);
    return s.instruction.mode() == Mode.BITS64
        ? s.algebra.not(s.isZero(level))
        : platform.outside(1);
  }

  /** #GP above CPL 0, before any exit (SDM vol. 3 §25.1.1). */
  private static <V> void privileged(Step<V> s, Platform<V> platform) {
    platform.raiseIf(unprivileged(s, platform), ExceptionVector.GP);
  }

  /** #GP above CPL 0 where CR4.UMIP or CR4.TSD is 1. */
  private static <V> void unprivilegedMayFault(Step<V> s, Platform<V> platform) {
    platform.raiseIf(
        s.algebra.and(unprivileged(s, platform), platform.outside(1)), ExceptionVector.GP);
  }

  private static <V> void mayBeUndefinedInRealMode(Step<V> s, Platform<V> platform) {
    if (s.instruction.mode() != Mode.BITS64) {
      mayRaise(platform, ExceptionVector.UD);
    }
  }

  /** CR4.OSFXSR, CR0.EM: #UD; CR0.TS: #NM. */
  static <V> void vectorStateMayBeOff(Platform<V> platform) {
    mayRaise(platform, ExceptionVector.UD);
    mayRaise(platform, ExceptionVector.NM);
  }

  static <V> void mayRaise(Platform<V> platform, ExceptionVector vector) {
    platform.raiseIf(platform.outside(1), vector);
  }
}

package dev.postern.x86;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The encodings that are not compared with the real CPU, and why. */
enum Exclusion {
  MACHINE(
      "left by the core to the machine around it",
      true,
      sample -> Sets.MACHINE.contains(sample.instruction().mnemonic())),
  SEGMENT_LOAD(
      "loads a segment register, which reads descriptor tables",
      true,
      sample ->
          (sample.instruction().mnemonic() == Mnemonic.MOV
                  || sample.instruction().mnemonic() == Mnemonic.POP)
              && sample.instruction().operands().getFirst() instanceof Operand.SegmentRegister),
  MODE_BOUND(
      "outside 64-bit mode: the stack's width is SS.B, and CPL may not be CS.RPL",
      true,
      sample ->
          sample.instruction().mode() != Mode.BITS64
              && Sets.ONLY_64.contains(sample.instruction().mnemonic())),
  NEAR_BRANCH_66(
      "near branch with 66H in 64-bit mode: Intel processors ignore it, AMD's cut RIP to 16 bits",
      false,
      sample ->
          sample.operandSizePrefix()
              && sample.instruction().mode() == Mode.BITS64
              && Sets.NEAR_BRANCHES.contains(sample.instruction().mnemonic())),
  INT1(
      "F1: hypervisors that intercept it report RIP before the instruction",
      false,
      sample -> sample.instruction().mnemonic() == Mnemonic.INT1),
  SERIALIZE(
      "SERIALIZE: #UD on AMD processors",
      false,
      sample -> sample.instruction().mnemonic() == Mnemonic.SERIALIZE);

  final String reason;

  /** Whether {@link Semantics} must say Delegated for all it covers. */
  final boolean delegated;

  private final Predicate<FormSampler.Sample> covers;

  Exclusion(String reason, boolean delegated, Predicate<FormSampler.Sample> covers) {
    this.reason = reason;
    this.delegated = delegated;
    this.covers = covers;
  }

  static Optional<Exclusion> of(FormSampler.Sample sample) {
    return Arrays.stream(values()).filter(e -> e.covers.test(sample)).findFirst();
  }

  /** What {@link Semantics} delegates, said a second time so that a change there shows here. */
  private static final class Sets {
    static final Set<Mnemonic> MACHINE =
        named(
            """
            VMFUNC VMCALL VMLAUNCH VMRESUME VMXOFF CPUID HLT MONITOR MWAIT RDTSC RDTSCP RDPMC RDRAND RDSEED RDPID
            IN OUT INS OUTS JMP_FAR CALL_FAR RET_FAR IRET INT SYSCALL SYSRET SYSENTER
            SYSEXIT SWAPGS RDMSR WRMSR MOV_CR MOV_DR CLTS LMSW SMSW XGETBV XSETBV RDPKRU
            WRPKRU LDMXCSR STMXCSR LGDT LIDT SGDT SIDT LLDT LTR SLDT STR LES LDS LSS LFS
            LGS LSL LAR VERR VERW ARPL RDFSBASE RDGSBASE WRFSBASE WRGSBASE INVLPG INVD
            WBINVD PUSHA POPA
            """);
    static final Set<Mnemonic> ONLY_64 =
        named(
            """
            PUSH POP PUSHF POPF ENTER LEAVE CALL RET CLI STI CLAC STAC
            """);
    static final Set<Mnemonic> NEAR_BRANCHES =
        named(
            """
            JMP JCC JCXZ LOOP LOOPE LOOPNE CALL RET
            """);

    private static Set<Mnemonic> named(String names) {
      return Arrays.stream(names.split("\\s+"))
          .map(Mnemonic::valueOf)
          .collect(Collectors.toCollection(() -> EnumSet.noneOf(Mnemonic.class)));
    }
  }
}

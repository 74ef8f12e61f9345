package dev.postern.x86;

/**
 * What each instruction does, written once over any {@link Algebra}.
 *
 * <p>{@link #step} is the index: one line a mnemonic, one class a family. A mnemonic added to the
 * enum does not compile until it has its meaning here or stands, by name, among those the core
 * leaves to the machine around it ({@link Flow.Delegated}).
 *
 * <p>Not modelled: RF being cleared by every instruction (nothing reads it but PUSHF, which stores
 * 0), #AC, which depends on CR0.AM and is the memory's to raise, and CPUID features: an instruction
 * that an older processor decodes as another (TZCNT as BSF, LZCNT as BSR) has its current meaning.
 */
public final class Semantics {

  private Semantics() {}

  /**
   * Runs one instruction (one that is not under a repeat prefix, or says {@link Flow.Repeats}).
   *
   * @param nextIp linear offset of the following instruction, truncated to the mode's width
   */
  public static <V> Flow<V> step(Instruction instruction, long nextIp, Cpu<V> cpu) {
    Step<V> s = new Step<>(instruction, nextIp, cpu);
    return switch (instruction.mnemonic()) {
      case MOV -> Moves.mov(s);
      case MOVSX, MOVSXD -> Moves.movsx(s);
      case MOVZX -> Moves.movzx(s);
      case LEA -> Moves.lea(s);
      case XCHG -> Moves.xchg(s);
      case BSWAP -> Moves.bswap(s);
      case MOVBE -> Moves.movbe(s);
      case CMOV -> Moves.cmov(s);
      case SETCC -> Moves.setcc(s);
      case CBW -> Moves.widenAccumulator(s, 16);
      case CWDE -> Moves.widenAccumulator(s, 32);
      case CDQE -> Moves.widenAccumulator(s, 64);
      case CWD -> Moves.signIntoData(s, 16);
      case CDQ -> Moves.signIntoData(s, 32);
      case CQO -> Moves.signIntoData(s, 64);
      case XLAT -> Moves.xlat(s);

      case ADD -> Arithmetic.add(s);
      case ADC -> Arithmetic.adc(s);
      case SUB -> Arithmetic.sub(s);
      case SBB -> Arithmetic.sbb(s);
      case CMP -> Arithmetic.cmp(s);
      case INC -> Arithmetic.inc(s);
      case DEC -> Arithmetic.dec(s);
      case NEG -> Arithmetic.neg(s);
      case XADD -> Arithmetic.xadd(s);
      case ADCX -> Arithmetic.addThrough(s, Flag.CF);
      case ADOX -> Arithmetic.addThrough(s, Flag.OF);

      case AND -> Logic.and(s);
      case OR -> Logic.or(s);
      case XOR -> Logic.xor(s);
      case NOT -> Logic.not(s);
      case TEST -> Logic.test(s);

      case MUL -> Multiply.mul(s);
      case IMUL -> Multiply.imul(s);
      case DIV -> Multiply.div(s);
      case IDIV -> Multiply.idiv(s);

      case CMPXCHG -> CompareExchange.cmpxchg(s);
      case CMPXCHG8B -> CompareExchange.cmpxchg8b(s);
      case CMPXCHG16B -> CompareExchange.cmpxchg16b(s);

      case DAA -> Decimal.daa(s);
      case DAS -> Decimal.das(s);
      case AAA -> Decimal.aaa(s);
      case AAS -> Decimal.aas(s);
      case AAM -> Decimal.aam(s);
      case AAD -> Decimal.aad(s);

      case SHL -> Shifts.shl(s);
      case SHR -> Shifts.shr(s);
      case SAR -> Shifts.sar(s);
      case ROL -> Shifts.rol(s);
      case ROR -> Shifts.ror(s);
      case RCL -> Shifts.rcl(s);
      case RCR -> Shifts.rcr(s);
      case SHLD -> Shifts.shld(s);
      case SHRD -> Shifts.shrd(s);

      case BT -> BitTests.bt(s);
      case BTS -> BitTests.bts(s);
      case BTR -> BitTests.btr(s);
      case BTC -> BitTests.btc(s);
      case BSF -> BitCounts.bsf(s);
      case BSR -> BitCounts.bsr(s);
      case POPCNT -> BitCounts.popcnt(s);
      case TZCNT -> BitCounts.tzcnt(s);
      case LZCNT -> BitCounts.lzcnt(s);

      case PUSH -> Stack.push(s);
      case POP -> Stack.pop(s);
      case PUSHF -> Stack.pushf(s);
      case POPF -> Stack.popf(s);
      case ENTER -> Stack.enter(s);
      case LEAVE -> Stack.leave(s);

      case JMP -> Branches.jmp(s);
      case JCC -> Branches.jcc(s);
      case JCXZ -> Branches.jcxz(s);
      case LOOP -> Branches.loop(s);
      case LOOPE -> Branches.loope(s);
      case LOOPNE -> Branches.loopne(s);
      case CALL -> Branches.call(s);
      case RET -> Branches.ret(s);
      case INTO -> Branches.into(s);
      case BOUND -> Branches.bound(s);
      case INT1 -> new Flow.Raises<>(ExceptionVector.DB);
      case INT3 -> new Flow.Raises<>(ExceptionVector.BP);
      case UD0, UD1, UD2 -> new Flow.Raises<>(ExceptionVector.UD);

      case MOVS, CMPS, STOS, LODS, SCAS -> Strings.step(s);

      case CLC -> FlagOps.assign(s, Flag.CF, false);
      case STC -> FlagOps.assign(s, Flag.CF, true);
      case CMC -> FlagOps.cmc(s);
      case CLD -> FlagOps.assign(s, Flag.DF, false);
      case STD -> FlagOps.assign(s, Flag.DF, true);
      case CLI -> FlagOps.interruptFlag(s, false);
      case STI -> FlagOps.interruptFlag(s, true);
      case CLAC -> FlagOps.alignmentCheck(s, false);
      case STAC -> FlagOps.alignmentCheck(s, true);
      case SALC -> FlagOps.salc(s);
      case LAHF -> FlagOps.lahf(s);
      case SAHF -> FlagOps.sahf(s);

      case NOP, PAUSE, ENDBR64, ENDBR32, PREFETCH -> s.next();
      case LFENCE, SFENCE, MFENCE, SERIALIZE -> s.next();
      case CLFLUSH, CLFLUSHOPT, CLWB -> Moves.touch(s);

      // The machine's: view switches and exits, descriptor tables, system registers, ports, time.
      case VMFUNC, VMCALL, VMLAUNCH, VMRESUME, VMXOFF, CPUID, HLT, MONITOR, MWAIT -> s.delegated();
      case RDTSC, RDTSCP, RDPMC, RDRAND, RDSEED, RDPID -> s.delegated();
      case IN, OUT, INS, OUTS -> s.delegated();
      case JMP_FAR, CALL_FAR, RET_FAR, IRET, INT -> s.delegated();
      case SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS -> s.delegated();
      case RDMSR, WRMSR, MOV_CR, MOV_DR, CLTS, LMSW, SMSW -> s.delegated();
      case XGETBV, XSETBV, RDPKRU, WRPKRU, LDMXCSR, STMXCSR -> s.delegated();
      case LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR -> s.delegated();
      case LES, LDS, LSS, LFS, LGS, LSL, LAR, VERR, VERW, ARPL -> s.delegated();
      case RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE -> s.delegated();
      case INVLPG, INVD, WBINVD -> s.delegated();

      // 16- and 32-bit only, where the stack pointer's width is not known.
      case PUSHA, POPA -> s.delegated();
    };
  }

  /**
   * The repeat count of a string instruction: CX, ECX or RCX by address size. With a count of zero
   * the instruction does nothing.
   */
  public static <V> V repeatCount(Instruction instruction, Cpu<V> cpu) {
    return Strings.count(new Step<>(instruction, 0, cpu));
  }

  /**
   * One iteration of a repeated string instruction, count register included; the caller has
   * established that the count is not zero.
   *
   * @return one bit: whether REPE/REPNE lets the repetition go on (constant 1 for REP)
   */
  public static <V> V iterate(Instruction instruction, Cpu<V> cpu) {
    return Strings.iterate(new Step<>(instruction, 0, cpu));
  }
}

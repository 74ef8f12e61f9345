package dev.postern.x86;

import static dev.postern.x86.Form.Attribute.*;
import static dev.postern.x86.Form.form;
import static dev.postern.x86.Mnemonic.*;
import static dev.postern.x86.OperandKind.*;
import static dev.postern.x86.Refusal.unsupported;

import java.util.List;

/** Flags, hints, fences and system instructions. */
final class FormsSystem {

  private FormsSystem() {}

  static final List<Row> ROWS =
      List.of(
          // flags
          form("F8", CLC),
          form("F9", STC),
          form("F5", CMC),
          form("FC", CLD),
          form("FD", STD),
          form("FA", CLI),
          form("FB", STI),
          // in no manual for long, and in every processor
          form("D6", SALC).with(I64),
          form("9F", LAHF),
          form("9E", SAHF),
          form("NP 0F 01 CA", CLAC),
          form("NP 0F 01 CB", STAC),
          // hints: 0F 18..1F are reserved NOPs unless a row or refusal says otherwise
          form("F3 0F 1E FA", ENDBR64),
          form("F3 0F 1E FB", ENDBR32),
          form("0F 1F /0", NOP, En),
          // which hint it is does not matter to anything here, so it is not kept
          form("0F 0D /0", PREFETCH, M),
          form("0F 18 /0", PREFETCH, M).with(ALIAS),
          form("0F 18 /1", PREFETCH, M).with(ALIAS),
          form("0F 18 /2", PREFETCH, M).with(ALIAS),
          form("0F 18 /3", PREFETCH, M).with(ALIAS),
          form("0F 0D /r", PREFETCH, M).with(ALIAS),
          unsupported("F3 0F 1E /1 mod=3", "RDSSP (CET)"),
          form("0F 18..19 /r", NOP, En).with(ALIAS),
          form("0F 1C..1F /r", NOP, En).with(ALIAS),
          // order and cache
          form("NP 0F AE E8", LFENCE),
          form("NP 0F AE F0", MFENCE),
          form("NP 0F AE F8", SFENCE),
          form("NP 0F AE /5 mod=3", LFENCE).with(ALIAS),
          form("NP 0F AE /6 mod=3", MFENCE).with(ALIAS),
          form("NP 0F AE /7 mod=3", SFENCE).with(ALIAS),
          form("NP 0F AE /7", CLFLUSH, M),
          form("66 0F AE /7", CLFLUSHOPT, M),
          form("66 0F AE /6", CLWB, M),
          form("NP 0F AE /2", LDMXCSR, Md),
          form("NP 0F AE /3", STMXCSR, Md),
          form("NP 0F 01 E8", SERIALIZE),
          // virtualisation
          form("NP 0F 01 D4", VMFUNC),
          form("NP 0F 01 C1", VMCALL),
          form("NP 0F 01 C2", VMLAUNCH),
          form("NP 0F 01 C3", VMRESUME),
          form("NP 0F 01 C4", VMXOFF),
          // identification, time, random numbers
          form("0F A2", CPUID),
          form("0F 31", RDTSC),
          form("0F 01 F9", RDTSCP),
          form("0F 33", RDPMC),
          form("F3 0F C7 /7", RDPID, Ry).with(FULL),
          form("NP 0F C7 /6", RDRAND, Rv),
          form("66 0F C7 /6", RDRAND, Rv),
          form("NP 0F C7 /7", RDSEED, Rv),
          form("66 0F C7 /7", RDSEED, Rv),
          // ports and waiting
          form("E4 ib", IN, AL, Ib),
          form("E5 ib", IN, eAX, Ib),
          form("EC", IN, AL, DX),
          form("ED", IN, eAX, DX),
          form("E6 ib", OUT, Ib, AL),
          form("E7 ib", OUT, Ib, eAX),
          form("EE", OUT, DX, AL),
          form("EF", OUT, DX, eAX),
          form("F4", HLT),
          form("NP 0F 01 C8", MONITOR),
          form("NP 0F 01 C9", MWAIT),
          // model-specific and extended registers
          form("0F 30", WRMSR),
          form("0F 32", RDMSR),
          form("NP 0F 01 D0", XGETBV),
          form("NP 0F 01 D1", XSETBV),
          form("NP 0F 01 EE", RDPKRU),
          form("NP 0F 01 EF", WRPKRU),
          form("0F 20 /r", MOV_CR, Rr, Cd).with(FULL),
          form("0F 22 /r", MOV_CR, Cd, Rr).with(FULL),
          form("0F 21 /r", MOV_DR, Rr, Dd).with(FULL),
          form("0F 23 /r", MOV_DR, Dd, Rr).with(FULL),
          form("0F 01 F8", SWAPGS).with(O64),
          form("F3 0F AE /0", RDFSBASE, Ry).with(O64),
          form("F3 0F AE /1", RDGSBASE, Ry).with(O64),
          form("F3 0F AE /2", WRFSBASE, Ry).with(O64),
          form("F3 0F AE /3", WRGSBASE, Ry).with(O64),
          // descriptor tables, task and segment descriptors
          form("0F 01 /0", SGDT, Ms).with(F64),
          form("0F 01 /1", SIDT, Ms).with(F64),
          form("0F 01 /2", LGDT, Ms).with(F64),
          form("0F 01 /3", LIDT, Ms).with(F64),
          form("0F 01 /4", SMSW, Rv),
          form("0F 01 /4", SMSW, Mw),
          form("0F 01 /6", LMSW, Ew),
          form("0F 01 /7", INVLPG, M),
          form("0F 00 /0", SLDT, Rv),
          form("0F 00 /0", SLDT, Mw),
          form("0F 00 /1", STR, Rv),
          form("0F 00 /1", STR, Mw),
          form("0F 00 /2", LLDT, Ew),
          form("0F 00 /3", LTR, Ew),
          form("0F 00 /4", VERR, Ew),
          form("0F 00 /5", VERW, Ew),
          form("0F 02 /r", LAR, Gv, Ew),
          form("0F 03 /r", LSL, Gv, Ew),
          form("63 /r", ARPL, Ew, Gw).with(I64),
          form("0F 06", CLTS),
          form("0F 08", INVD),
          form("NP 0F 09", WBINVD));
}

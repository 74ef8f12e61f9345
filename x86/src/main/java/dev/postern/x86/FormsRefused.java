package dev.postern.x86;

import static dev.postern.x86.Refusal.reserved;
import static dev.postern.x86.Refusal.undefined;
import static dev.postern.x86.Refusal.unsupported;

import java.util.List;

/**
 * What is not an instruction of the table, with the reason. A refusal is consulted after every form
 * of its opcode, in this order. {@code undefined} only where the SDM promises #UD; {@code reserved}
 * where its opcode maps have a blank, which may be an instruction of a later processor.
 */
final class FormsRefused {

  private FormsRefused() {}

  static final List<Row> ROWS =
      List.of(
          // invalid encodings of known opcodes
          undefined("8D /r mod=3", "LEA of a register"),
          undefined("FF /3 mod=3", "far CALL through a register"),
          undefined("FF /5 mod=3", "far JMP through a register"),
          // blank cells of the SDM's opcode extension tables (vol. 2 table A-6)
          reserved("FE", "group 4"),
          reserved("FF /7", "group 5"),
          unsupported("C6 F8", "XABORT (TSX)"),
          unsupported("C7 F8", "XBEGIN (TSX)"),
          reserved("C6..C7", "group 11"),
          reserved("0F BA", "group 8"),
          reserved("NP 0F AE /0 mod=3", "group 15"),
          reserved("NP 0F AE /1 mod=3", "group 15"),
          reserved("NP 0F AE /2 mod=3", "group 15"),
          reserved("NP 0F AE /3 mod=3", "group 15"),
          reserved("NP 0F AE /4 mod=3", "group 15"),
          reserved("NP 0F 01 /5 mem", "group 7"),
          reserved("NP 0F 01 C7", "group 7"),
          reserved("NP 0F 01 CC", "group 7"),
          reserved("NP 0F 01 CD", "group 7"),
          reserved("NP 0F 01 CE", "group 7"),
          reserved("NP 0F 01 D2", "group 7"),
          reserved("NP 0F 01 D3", "group 7"),
          reserved("NP 0F 01 /3 mod=3", "group 7 (SVM on AMD)"),
          reserved("NP 0F 01 E9", "group 7"),
          reserved("NP 0F 01 EA", "group 7"),
          reserved("NP 0F 01 EB", "group 7"),
          reserved("NP 0F 01 EC", "group 7"),
          reserved("NP 0F 01 ED", "group 7"),
          reserved("NP 0F 01 FA", "group 7 (MONITORX on AMD)"),
          reserved("NP 0F 01 FB", "group 7 (MWAITX on AMD)"),
          reserved("NP 0F 01 FC", "group 7 (CLZERO on AMD)"),
          reserved("NP 0F 01 FD", "group 7 (RDPRU on AMD)"),
          reserved("NP 0F 01 FE", "group 7 (INVLPGB on AMD)"),
          reserved("NP 0F 01 FF", "group 7 (TLBSYNC on AMD)"),
          undefined("0F B2 /r mod=3", "LSS of a register"),
          undefined("0F B4 /r mod=3", "LFS of a register"),
          undefined("0F B5 /r mod=3", "LGS of a register"),
          undefined("0F C7 /1 mod=3", "CMPXCHG8B of a register"),
          // other instruction sets: SSE and AVX state is not modelled
          unsupported("D8..DF", "x87"),
          unsupported("C4..C5", "VEX (AVX, BMI)"),
          unsupported("62", "EVEX (AVX-512, APX)"),
          unsupported("8F /r", "XOP (AMD), or reserved"),
          unsupported("0F 0E..0F", "3DNow!"),
          unsupported("0F 10..17", "SSE"),
          unsupported("0F 28..2F", "SSE"),
          unsupported("0F 50..7F", "MMX or SSE"),
          unsupported("0F C2", "SSE"),
          unsupported("0F C3", "MOVNTI"),
          unsupported("0F C4..C6", "SSE"),
          unsupported("0F D0..FE", "MMX or SSE"),
          unsupported("0F 1A..1B", "MPX"),
          unsupported("0F 0D /r mod=3", "0F 0D of a register: NOP on Intel, #UD on AMD"),
          reserved("0F 04", "unassigned"),
          reserved("0F 0A", "unassigned"),
          reserved("0F 0C", "unassigned"),
          reserved("0F 24..27", "unassigned (once test registers)"),
          reserved("0F 36", "unassigned"),
          unsupported("0F 37", "GETSEC"),
          reserved("0F 39", "unassigned"),
          reserved("0F 3B..3F", "unassigned"),
          unsupported("0F A6..A7", "VIA PadLock"),
          unsupported("0F AA", "RSM"),
          unsupported("0F B8", "JMPE (IA-64)"),
          unsupported("0F AE", "group 15: XSAVE, FXSAVE, CET and others"),
          unsupported("0F C7", "group 9: VMX, XSAVES and others"),
          unsupported("0F 00", "group 6 /6 and /7"),
          unsupported("0F 09", "WBNOINVD"),
          unsupported("0F 05", "SYSCALL outside 64-bit mode differs between vendors"),
          unsupported("0F 07", "SYSRET outside 64-bit mode differs between vendors"),
          // 0F 01: VMFUNC is NP in newer manuals only
          unsupported(
              "0F 01 D4",
              "VMFUNC with a mandatory prefix: #UD by newer manuals, VMFUNC by older ones"),
          unsupported("0F 01", "group 7: virtualisation, SGX, CET and others"));
}

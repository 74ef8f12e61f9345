package dev.postern.x86;

import static dev.postern.x86.Form.Attribute.*;
import static dev.postern.x86.Form.form;
import static dev.postern.x86.Mnemonic.*;
import static dev.postern.x86.OperandKind.*;
import static dev.postern.x86.Refusal.undefined;
import static dev.postern.x86.Refusal.unsupported;

import java.util.List;

/** Moves, extensions and exchanges. */
final class FormsMove {

  private FormsMove() {}

  static final List<Row> ROWS =
      List.of(
          // MOV
          form("88 /r", MOV, Eb, Gb),
          form("89 /r", MOV, Ev, Gv),
          form("8A /r", MOV, Gb, Eb),
          form("8B /r", MOV, Gv, Ev),
          undefined("8C /6", "segment register 6"),
          undefined("8C /7", "segment register 7"),
          undefined("8E /1", "MOV to CS"),
          undefined("8E /6", "segment register 6"),
          undefined("8E /7", "segment register 7"),
          form("8C /r", MOV, Rv, Sw),
          form("8C /r", MOV, Mw, Sw),
          form("8E /r", MOV, Sw, Ew),
          form("A0", MOV, AL, Ob),
          form("A1", MOV, rAX, Ov),
          form("A2", MOV, Ob, AL),
          form("A3", MOV, Ov, rAX),
          form("B0+r ib", MOV, Zb, Ib),
          form("B8+r iv", MOV, Zv, Iv),
          form("C6 /0 ib", MOV, Eb, Ib),
          form("C7 /0 iz", MOV, Ev, Iz),
          // extension and conversion
          form("0F B6 /r", MOVZX, Gv, Eb),
          form("0F B7 /r", MOVZX, Gv, Ew),
          form("0F BE /r", MOVSX, Gv, Eb),
          form("0F BF /r", MOVSX, Gv, Ew),
          form("63 /r", MOVSXD, Gv, Ed).with(O64, W32),
          form("63 /r", MOVSXD, Gv, Ed).with(O64, W64),
          unsupported("63 /r", "MOVSXD r16: from r/m16 on Intel, from r/m32 on AMD").in64(),
          form("98", CBW).with(SIZED, W16),
          form("98", CWDE).with(SIZED, W32),
          form("98", CDQE).with(SIZED, W64),
          form("99", CWD).with(SIZED, W16),
          form("99", CDQ).with(SIZED, W32),
          form("99", CQO).with(SIZED, W64),
          // address, exchange, byte order, condition
          form("8D /r", LEA, Gv, M),
          form("86 /r", XCHG, Eb, Gb).with(LOCK, XLOCK),
          form("87 /r", XCHG, Ev, Gv).with(LOCK, XLOCK),
          // 90 is NOP unless REX.B makes it an exchange with R8; F3 90 is PAUSE.
          form("F3 90", PAUSE).with(REXB0),
          unsupported("F3 90", "F3 90 with REX.B: XCHG on AMD silicon, PAUSE to disassemblers"),
          form("90", NOP).with(SIZED, REXB0),
          form("90+r", XCHG, Zv, rAX),
          form("0F C8+r", BSWAP, Zv),
          form("0F 40+cc /r", CMOV, Gv, Ev),
          form("0F 90+cc /r", SETCC, Eb),
          form("NP 0F 38 F0 /r", MOVBE, Gv, Mv),
          form("66 0F 38 F0 /r", MOVBE, Gv, Mv),
          form("NP 0F 38 F1 /r", MOVBE, Mv, Gv),
          form("66 0F 38 F1 /r", MOVBE, Mv, Gv),
          // far pointers into segment and register; C4 and C5 with mod=3 or in 64-bit mode are VEX
          form("C4 /r", LES, Gv, Mp).with(I64),
          form("C5 /r", LDS, Gv, Mp).with(I64),
          form("0F B2 /r", LSS, Gv, Mp),
          form("0F B4 /r", LFS, Gv, Mp),
          form("0F B5 /r", LGS, Gv, Mp),
          // table look-up
          form("D7", XLAT, XLAT_TABLE));
}

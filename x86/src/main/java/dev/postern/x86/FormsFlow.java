package dev.postern.x86;

import static dev.postern.x86.Form.Attribute.*;
import static dev.postern.x86.Form.form;
import static dev.postern.x86.Mnemonic.*;
import static dev.postern.x86.OperandKind.*;

import java.util.List;

/** The stack and everything that changes the instruction pointer. */
final class FormsFlow {

  private FormsFlow() {}

  static final List<Row> ROWS =
      List.of(
          // stack
          form("50+r", PUSH, Zv).with(D64),
          form("58+r", POP, Zv).with(D64),
          form("6A ib", PUSH, sIb).with(D64),
          form("68 iz", PUSH, Iz).with(D64),
          form("FF /6", PUSH, Ev).with(D64),
          form("8F /0", POP, Ev).with(D64),
          form("06", PUSH, ES).with(I64, SIZED),
          form("07", POP, ES).with(I64, SIZED),
          form("0E", PUSH, CS).with(I64, SIZED),
          form("16", PUSH, SS).with(I64, SIZED),
          form("17", POP, SS).with(I64, SIZED),
          form("1E", PUSH, DS).with(I64, SIZED),
          form("1F", POP, DS).with(I64, SIZED),
          form("0F A0", PUSH, FS).with(D64),
          form("0F A1", POP, FS).with(D64),
          form("0F A8", PUSH, GS).with(D64),
          form("0F A9", POP, GS).with(D64),
          form("60", PUSHA).with(I64, SIZED),
          form("61", POPA).with(I64, SIZED),
          form("9C", PUSHF).with(D64),
          form("9D", POPF).with(D64),
          form("C8 iw ib", ENTER, Iw, Ib).with(D64),
          form("C9", LEAVE).with(D64),
          // near branches
          form("EB cb", JMP, Jb).with(NEAR),
          form("E9 cz", JMP, Jz).with(NEAR),
          form("FF /4", JMP, Ev).with(NEAR),
          form("70+cc cb", JCC, Jb).with(NEAR),
          form("0F 80+cc cz", JCC, Jz).with(NEAR),
          form("E3 cb", JCXZ, Jb).with(NEAR, COUNTED),
          form("E2 cb", LOOP, Jb).with(NEAR, COUNTED),
          form("E1 cb", LOOPE, Jb).with(NEAR, COUNTED),
          form("E0 cb", LOOPNE, Jb).with(NEAR, COUNTED),
          form("E8 cz", CALL, Jz).with(NEAR),
          form("FF /2", CALL, Ev).with(NEAR),
          form("C3", RET).with(NEAR),
          form("C2 iw", RET, Iw).with(NEAR),
          // far branches
          form("EA cp", JMP_FAR, Ap).with(I64),
          form("FF /5", JMP_FAR, Mp),
          form("9A cp", CALL_FAR, Ap).with(I64),
          form("FF /3", CALL_FAR, Mp),
          form("CB", RET_FAR).with(SIZED),
          form("CA iw", RET_FAR, Iw).with(SIZED),
          form("CF", IRET).with(SIZED),
          // exceptions for sure and on condition
          form("CC", INT3),
          form("CD ib", INT, Ib),
          form("CE", INTO).with(I64),
          form("F1", INT1),
          form("0F 0B", UD2),
          form("0F B9 /r", UD1, Gv, Ev),
          form("0F FF /r", UD0, Gv, Ev),
          form("62 /r", BOUND, Gv, Ma).with(I64),
          // fast system calls
          form("0F 05", SYSCALL).with(O64),
          form("0F 07", SYSRET).with(O64, WIDE),
          form("0F 34", SYSENTER),
          form("0F 35", SYSEXIT).with(WIDE));
}

package dev.postern.x86;

import static dev.postern.x86.Form.Attribute.*;
import static dev.postern.x86.Form.form;
import static dev.postern.x86.Mnemonic.*;
import static dev.postern.x86.OperandKind.*;

import java.util.List;

/** String instructions. */
final class FormsString {

  private FormsString() {}

  static final List<Row> ROWS =
      List.of(
          form("A4", MOVS, Yb, Xb).with(REP),
          form("A5", MOVS, Yv, Xv).with(REP),
          form("A6", CMPS, Xb, Yb).with(REPE),
          form("A7", CMPS, Xv, Yv).with(REPE),
          form("AA", STOS, Yb, AL).with(REP),
          form("AB", STOS, Yv, rAX).with(REP),
          form("AC", LODS, AL, Xb).with(REP),
          form("AD", LODS, rAX, Xv).with(REP),
          form("AE", SCAS, AL, Yb).with(REPE),
          form("AF", SCAS, rAX, Yv).with(REPE),
          form("6C", INS, Yb, DX).with(REP),
          form("6D", INS, Yz, DX).with(REP),
          form("6E", OUTS, DX, Xb).with(REP),
          form("6F", OUTS, DX, Xz).with(REP));
}

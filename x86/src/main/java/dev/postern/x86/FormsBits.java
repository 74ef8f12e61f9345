package dev.postern.x86;

import static dev.postern.x86.Form.Attribute.*;
import static dev.postern.x86.Form.form;
import static dev.postern.x86.Mnemonic.*;
import static dev.postern.x86.OperandKind.*;

import java.util.List;

/** Shifts, rotates and single bits. */
final class FormsBits {

  private FormsBits() {}

  static final List<Row> ROWS =
      List.of(
          // ROL
          form("D0 /0", ROL, Eb, ONE),
          form("D1 /0", ROL, Ev, ONE),
          form("D2 /0", ROL, Eb, CL),
          form("D3 /0", ROL, Ev, CL),
          form("C0 /0 ib", ROL, Eb, Ib),
          form("C1 /0 ib", ROL, Ev, Ib),
          // ROR
          form("D0 /1", ROR, Eb, ONE),
          form("D1 /1", ROR, Ev, ONE),
          form("D2 /1", ROR, Eb, CL),
          form("D3 /1", ROR, Ev, CL),
          form("C0 /1 ib", ROR, Eb, Ib),
          form("C1 /1 ib", ROR, Ev, Ib),
          // RCL
          form("D0 /2", RCL, Eb, ONE),
          form("D1 /2", RCL, Ev, ONE),
          form("D2 /2", RCL, Eb, CL),
          form("D3 /2", RCL, Ev, CL),
          form("C0 /2 ib", RCL, Eb, Ib),
          form("C1 /2 ib", RCL, Ev, Ib),
          // RCR
          form("D0 /3", RCR, Eb, ONE),
          form("D1 /3", RCR, Ev, ONE),
          form("D2 /3", RCR, Eb, CL),
          form("D3 /3", RCR, Ev, CL),
          form("C0 /3 ib", RCR, Eb, Ib),
          form("C1 /3 ib", RCR, Ev, Ib),
          // SHL
          form("D0 /4", SHL, Eb, ONE),
          form("D1 /4", SHL, Ev, ONE),
          form("D2 /4", SHL, Eb, CL),
          form("D3 /4", SHL, Ev, CL),
          form("C0 /4 ib", SHL, Eb, Ib),
          form("C1 /4 ib", SHL, Ev, Ib),
          // SHR
          form("D0 /5", SHR, Eb, ONE),
          form("D1 /5", SHR, Ev, ONE),
          form("D2 /5", SHR, Eb, CL),
          form("D3 /5", SHR, Ev, CL),
          form("C0 /5 ib", SHR, Eb, Ib),
          form("C1 /5 ib", SHR, Ev, Ib),
          // SHL by its undocumented /6
          form("D0 /6", SHL, Eb, ONE).with(ALIAS),
          form("D1 /6", SHL, Ev, ONE).with(ALIAS),
          form("D2 /6", SHL, Eb, CL).with(ALIAS),
          form("D3 /6", SHL, Ev, CL).with(ALIAS),
          form("C0 /6 ib", SHL, Eb, Ib).with(ALIAS),
          form("C1 /6 ib", SHL, Ev, Ib).with(ALIAS),
          // SAR
          form("D0 /7", SAR, Eb, ONE),
          form("D1 /7", SAR, Ev, ONE),
          form("D2 /7", SAR, Eb, CL),
          form("D3 /7", SAR, Ev, CL),
          form("C0 /7 ib", SAR, Eb, Ib),
          form("C1 /7 ib", SAR, Ev, Ib),
          // double shifts
          form("0F A4 /r ib", SHLD, Ev, Gv, Ib),
          form("0F A5 /r", SHLD, Ev, Gv, CL),
          form("0F AC /r ib", SHRD, Ev, Gv, Ib),
          form("0F AD /r", SHRD, Ev, Gv, CL),
          // bit tests
          form("0F A3 /r", BT, Ev, Gv),
          form("0F BA /4 ib", BT, Ev, Ib),
          form("0F AB /r", BTS, Ev, Gv).with(LOCK),
          form("0F BA /5 ib", BTS, Ev, Ib).with(LOCK),
          form("0F B3 /r", BTR, Ev, Gv).with(LOCK),
          form("0F BA /6 ib", BTR, Ev, Ib).with(LOCK),
          form("0F BB /r", BTC, Ev, Gv).with(LOCK),
          form("0F BA /7 ib", BTC, Ev, Ib).with(LOCK),
          // bit scans; F3 selects the counting form, F2 is ignored
          form("F3 0F BC /r", TZCNT, Gv, Ev),
          form("0F BC /r", BSF, Gv, Ev),
          form("F3 0F BD /r", LZCNT, Gv, Ev),
          form("0F BD /r", BSR, Gv, Ev),
          form("F3 0F B8 /r", POPCNT, Gv, Ev));
}

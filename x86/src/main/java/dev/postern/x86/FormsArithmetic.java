package dev.postern.x86;

import static dev.postern.x86.Form.Attribute.*;
import static dev.postern.x86.Form.form;
import static dev.postern.x86.Mnemonic.*;
import static dev.postern.x86.OperandKind.*;

import java.util.List;

/** Arithmetic and logic on general registers and memory. */
final class FormsArithmetic {

  private FormsArithmetic() {}

  static final List<Row> ROWS =
      List.of(
          // ADD
          form("00 /r", ADD, Eb, Gb).with(LOCK),
          form("01 /r", ADD, Ev, Gv).with(LOCK),
          form("02 /r", ADD, Gb, Eb),
          form("03 /r", ADD, Gv, Ev),
          form("83 /0 ib", ADD, Ev, sIb).with(LOCK),
          form("04 ib", ADD, AL, Ib),
          form("05 iz", ADD, rAX, Iz),
          form("80 /0 ib", ADD, Eb, Ib).with(LOCK),
          form("82 /0 ib", ADD, Eb, Ib).with(LOCK, I64, ALIAS),
          form("81 /0 iz", ADD, Ev, Iz).with(LOCK),
          // OR
          form("08 /r", OR, Eb, Gb).with(LOCK),
          form("09 /r", OR, Ev, Gv).with(LOCK),
          form("0A /r", OR, Gb, Eb),
          form("0B /r", OR, Gv, Ev),
          form("83 /1 ib", OR, Ev, sIb).with(LOCK),
          form("0C ib", OR, AL, Ib),
          form("0D iz", OR, rAX, Iz),
          form("80 /1 ib", OR, Eb, Ib).with(LOCK),
          form("82 /1 ib", OR, Eb, Ib).with(LOCK, I64, ALIAS),
          form("81 /1 iz", OR, Ev, Iz).with(LOCK),
          // ADC
          form("10 /r", ADC, Eb, Gb).with(LOCK),
          form("11 /r", ADC, Ev, Gv).with(LOCK),
          form("12 /r", ADC, Gb, Eb),
          form("13 /r", ADC, Gv, Ev),
          form("83 /2 ib", ADC, Ev, sIb).with(LOCK),
          form("14 ib", ADC, AL, Ib),
          form("15 iz", ADC, rAX, Iz),
          form("80 /2 ib", ADC, Eb, Ib).with(LOCK),
          form("82 /2 ib", ADC, Eb, Ib).with(LOCK, I64, ALIAS),
          form("81 /2 iz", ADC, Ev, Iz).with(LOCK),
          // SBB
          form("18 /r", SBB, Eb, Gb).with(LOCK),
          form("19 /r", SBB, Ev, Gv).with(LOCK),
          form("1A /r", SBB, Gb, Eb),
          form("1B /r", SBB, Gv, Ev),
          form("83 /3 ib", SBB, Ev, sIb).with(LOCK),
          form("1C ib", SBB, AL, Ib),
          form("1D iz", SBB, rAX, Iz),
          form("80 /3 ib", SBB, Eb, Ib).with(LOCK),
          form("82 /3 ib", SBB, Eb, Ib).with(LOCK, I64, ALIAS),
          form("81 /3 iz", SBB, Ev, Iz).with(LOCK),
          // AND
          form("20 /r", AND, Eb, Gb).with(LOCK),
          form("21 /r", AND, Ev, Gv).with(LOCK),
          form("22 /r", AND, Gb, Eb),
          form("23 /r", AND, Gv, Ev),
          form("83 /4 ib", AND, Ev, sIb).with(LOCK),
          form("24 ib", AND, AL, Ib),
          form("25 iz", AND, rAX, Iz),
          form("80 /4 ib", AND, Eb, Ib).with(LOCK),
          form("82 /4 ib", AND, Eb, Ib).with(LOCK, I64, ALIAS),
          form("81 /4 iz", AND, Ev, Iz).with(LOCK),
          // SUB
          form("28 /r", SUB, Eb, Gb).with(LOCK),
          form("29 /r", SUB, Ev, Gv).with(LOCK),
          form("2A /r", SUB, Gb, Eb),
          form("2B /r", SUB, Gv, Ev),
          form("83 /5 ib", SUB, Ev, sIb).with(LOCK),
          form("2C ib", SUB, AL, Ib),
          form("2D iz", SUB, rAX, Iz),
          form("80 /5 ib", SUB, Eb, Ib).with(LOCK),
          form("82 /5 ib", SUB, Eb, Ib).with(LOCK, I64, ALIAS),
          form("81 /5 iz", SUB, Ev, Iz).with(LOCK),
          // XOR
          form("30 /r", XOR, Eb, Gb).with(LOCK),
          form("31 /r", XOR, Ev, Gv).with(LOCK),
          form("32 /r", XOR, Gb, Eb),
          form("33 /r", XOR, Gv, Ev),
          form("83 /6 ib", XOR, Ev, sIb).with(LOCK),
          form("34 ib", XOR, AL, Ib),
          form("35 iz", XOR, rAX, Iz),
          form("80 /6 ib", XOR, Eb, Ib).with(LOCK),
          form("82 /6 ib", XOR, Eb, Ib).with(LOCK, I64, ALIAS),
          form("81 /6 iz", XOR, Ev, Iz).with(LOCK),
          // CMP
          form("38 /r", CMP, Eb, Gb),
          form("39 /r", CMP, Ev, Gv),
          form("3A /r", CMP, Gb, Eb),
          form("3B /r", CMP, Gv, Ev),
          form("83 /7 ib", CMP, Ev, sIb),
          form("3C ib", CMP, AL, Ib),
          form("3D iz", CMP, rAX, Iz),
          form("80 /7 ib", CMP, Eb, Ib),
          form("82 /7 ib", CMP, Eb, Ib).with(I64, ALIAS),
          form("81 /7 iz", CMP, Ev, Iz),
          // TEST
          form("84 /r", TEST, Eb, Gb),
          form("85 /r", TEST, Ev, Gv),
          form("A8 ib", TEST, AL, Ib),
          form("A9 iz", TEST, rAX, Iz),
          form("F6 /0 ib", TEST, Eb, Ib),
          form("F6 /1 ib", TEST, Eb, Ib).with(ALIAS),
          form("F7 /0 iz", TEST, Ev, Iz),
          form("F7 /1 iz", TEST, Ev, Iz).with(ALIAS),
          // one operand
          form("40+r", INC, Zv).with(I64),
          form("48+r", DEC, Zv).with(I64),
          form("F6 /2", NOT, Eb).with(LOCK),
          form("F6 /3", NEG, Eb).with(LOCK),
          form("F6 /4", MUL, Eb),
          form("F6 /5", IMUL, Eb),
          form("F6 /6", DIV, Eb),
          form("F6 /7", IDIV, Eb),
          form("F7 /2", NOT, Ev).with(LOCK),
          form("F7 /3", NEG, Ev).with(LOCK),
          form("F7 /4", MUL, Ev),
          form("F7 /5", IMUL, Ev),
          form("F7 /6", DIV, Ev),
          form("F7 /7", IDIV, Ev),
          form("FE /0", INC, Eb).with(LOCK),
          form("FE /1", DEC, Eb).with(LOCK),
          form("FF /0", INC, Ev).with(LOCK),
          form("FF /1", DEC, Ev).with(LOCK),
          // IMUL with two and three operands
          form("0F AF /r", IMUL, Gv, Ev),
          form("6B /r ib", IMUL, Gv, Ev, sIb),
          form("69 /r iz", IMUL, Gv, Ev, Iz),
          // compare and exchange, exchange and add
          form("0F B0 /r", CMPXCHG, Eb, Gb).with(LOCK),
          form("0F B1 /r", CMPXCHG, Ev, Gv).with(LOCK),
          form("0F C0 /r", XADD, Eb, Gb).with(LOCK),
          form("0F C1 /r", XADD, Ev, Gv).with(LOCK),
          form("REX.W 0F C7 /1", CMPXCHG16B, Mdq).with(LOCK),
          form("0F C7 /1", CMPXCHG8B, Mq).with(LOCK),
          // decimal adjustment
          form("27", DAA).with(I64),
          form("2F", DAS).with(I64),
          form("37", AAA).with(I64),
          form("3F", AAS).with(I64),
          form("D4 ib", AAM, Ib).with(I64),
          form("D5 ib", AAD, Ib).with(I64),
          // add with one flag
          form("66 0F 38 F6 /r", ADCX, Gy, Ey),
          form("F3 0F 38 F6 /r", ADOX, Gy, Ey));
}

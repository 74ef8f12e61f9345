package dev.postern.x86;

import static dev.postern.x86.Decoded.Arithmetic.OF_INTEGERS;
import static dev.postern.x86.Decoded.Leaves.FLAGS;
import static dev.postern.x86.Decoded.Leaves.MORE;
import static dev.postern.x86.ForeignForm.Target.AX;
import static dev.postern.x86.ForeignForm.Target.REG;
import static dev.postern.x86.ForeignForm.Target.RM;
import static dev.postern.x86.ForeignForm.inside;
import static dev.postern.x86.ForeignForm.reads;
import static dev.postern.x86.ForeignForm.writes;

import java.util.ArrayList;
import java.util.List;

/**
 * x87, MMX and SSE instructions with the memory they access, and what they leave in general
 * registers and flags (SDM vol. 2 appendix A.3 and A.5). Reserved encodings, and sets that came
 * later are refused further down.
 */
final class FormsForeign {

  private static final String X87 = "x87";
  private static final String SSE = "SSE";
  private static final String MMX = "MMX or SSE";

  /** Legacy region and header. */
  private static final int XSAVE_AREA = 576;

  private FormsForeign() {}

  static final List<Row> ROWS = rows();

  private static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    rows.add(inside("9B", "x87 (FWAIT)"));
    x87Memory(rows);
    x87Registers(rows);
    sse(rows);
    mmx(rows);
    rows.add(writes("NP 0F AE /0 mem", "FXSAVE", 512).whereAligned());
    rows.add(reads("NP 0F AE /1 mem", "FXRSTOR", 512).whereAligned());
    results(rows);
    // SDM vol. 1 §13.7 to §13.12: whatever is saved or restored, the header is accessed.
    for (String save : List.of("NP 0F AE /4", "NP 0F AE /6", "NP 0F C7 /4", "NP 0F C7 /5")) {
      rows.add(writes(save + " mem", "XSAVE", XSAVE_AREA).leaving(MORE));
    }
    rows.add(reads("NP 0F AE /5 mem", "XRSTOR", XSAVE_AREA).leaving(MORE));
    rows.add(reads("NP 0F C7 /3 mem", "XRSTOR", XSAVE_AREA).leaving(MORE));
    return List.copyOf(rows);
  }

  /** Those that leave something in a general register or in the flags. */
  private static void results(List<Row> rows) {
    for (String prefix : List.of("NP", "66")) {
      rows.add(inside(prefix + " 0F 50 /r mod=3", SSE).into(REG)); // MOVMSKPS, MOVMSKPD
      rows.add(inside(prefix + " 0F D7 /r mod=3", MMX).into(REG)); // PMOVMSKB
      rows.add(inside(prefix + " 0F C5 /r mod=3", MMX).ib().into(REG)); // PEXTRW
      rows.add(inside(prefix + " 0F 7E /r mod=3", MMX).into(RM)); // MOVD, MOVQ
    }
    rows.add(reads("F3 0F 2C..2D /r", SSE, 4).computing().into(REG)); // CVTTSS2SI, CVTSS2SI
    rows.add(reads("F2 0F 2C..2D /r", SSE, 8).computing().into(REG));
    rows.add(reads("NP 0F 2E..2F /r", SSE, 4).computing().leaving(FLAGS)); // UCOMISS, COMISS
    rows.add(reads("66 0F 2E..2F /r", SSE, 8).computing().leaving(FLAGS));
    for (String compare : List.of("DB /5", "DB /6", "DF /5", "DF /6")) {
      rows.add(inside(compare + " mod=3", X87).leaving(FLAGS)); // FUCOMI, FCOMI and with a pop
    }
    rows.add(inside("DF E0", X87).into(AX)); // FNSTSW AX
  }

  /**
   * Environment and state (FLDENV, FNSTENV, FRSTOR, FNSAVE) are as large as outside 16-bit mode.
   */
  private static void x87Memory(List<Row> rows) {
    rows.add(reads("D8 /r mem", X87, 4));
    rows.add(reads("D9 /0 mem", X87, 4));
    for (String store : List.of("D9 /2", "D9 /3", "DB /1", "DB /2", "DB /3")) {
      rows.add(writes(store + " mem", X87, 4));
    }
    rows.add(reads("D9 /5 mem", X87, 2));
    rows.add(writes("D9 /7 mem", X87, 2));
    rows.add(reads("DA /r mem", X87, 4));
    rows.add(reads("DB /0 mem", X87, 4));
    rows.add(reads("DB /5 mem", X87, 10));
    rows.add(writes("DB /7 mem", X87, 10));
    rows.add(reads("DC /r mem", X87, 8));
    rows.add(reads("DD /0 mem", X87, 8));
    for (String store : List.of("DD /1", "DD /2", "DD /3")) {
      rows.add(writes(store + " mem", X87, 8));
    }
    rows.add(writes("DD /7 mem", X87, 2));
    rows.add(reads("DE /r mem", X87, 2));
    rows.add(reads("DF /0 mem", X87, 2));
    for (String store : List.of("DF /1", "DF /2", "DF /3")) {
      rows.add(writes(store + " mem", X87, 2));
    }
    rows.add(reads("DF /4 mem", X87, 10));
    rows.add(reads("DF /5 mem", X87, 8));
    rows.add(writes("DF /6 mem", X87, 10));
    rows.add(writes("DF /7 mem", X87, 8));
  }

  private static void x87Registers(List<Row> rows) {
    rows.add(inside("D8 /r mod=3", X87));
    for (String loadOrExchange : List.of("D9 /0", "D9 /1")) {
      rows.add(inside(loadOrExchange + " mod=3", X87));
    }
    each(rows, "D9", "D0 E0 E1 E4 E5 E8 E9 EA EB EC ED EE F0 F1 F2 F3 F4 F5 F6 F7");
    each(rows, "D9", "F8 F9 FA FB FC FD FE FF");
    for (String move : List.of("DA /0", "DA /1", "DA /2", "DA /3", "DB /0", "DB /1", "DB /2")) {
      rows.add(inside(move + " mod=3", X87));
    }
    rows.add(inside("DB /3 mod=3", X87));
    each(rows, "DA", "E9");
    each(rows, "DB", "E2 E3");
    for (String store : List.of("DC /0", "DC /1", "DC /4", "DC /5", "DC /6", "DC /7")) {
      rows.add(inside(store + " mod=3", X87));
    }
    for (String compare : List.of("DD /0", "DD /2", "DD /3", "DD /4", "DD /5")) {
      rows.add(inside(compare + " mod=3", X87));
    }
    for (String pop : List.of("DE /0", "DE /1", "DE /4", "DE /5", "DE /6", "DE /7")) {
      rows.add(inside(pop + " mod=3", X87));
    }
    each(rows, "DE", "D9");
  }

  private static void each(List<Row> rows, String opcode, String modRms) {
    for (String modRm : modRms.split(" ", -1)) {
      rows.add(inside(opcode + " " + modRm, X87));
    }
  }

  private static void sse(List<Row> rows) {
    for (String move : List.of("0F 10", "0F 11")) {
      boolean load = move.endsWith("10");
      rows.add(move("NP " + move, load, 16));
      rows.add(move("66 " + move, load, 16));
      rows.add(move("F3 " + move, load, 4));
      rows.add(move("F2 " + move, load, 8));
    }
    for (String half :
        List.of("NP 0F 12 /r", "66 0F 12 /r mem", "NP 0F 16 /r", "66 0F 16 /r mem")) {
      rows.add(reads(half, SSE, 8));
    }
    rows.add(reads("F3 0F 12 /r", SSE, 16).whereAligned());
    rows.add(reads("F2 0F 12 /r", SSE, 8));
    rows.add(reads("F3 0F 16 /r", SSE, 16).whereAligned());
    for (String half : List.of("NP 0F 13", "66 0F 13", "NP 0F 17", "66 0F 17")) {
      rows.add(writes(half + " /r mem", SSE, 8));
    }
    packed(rows, "0F 14..15 /r");
    packed(rows, "0F 28 /r");
    rows.add(writes("NP 0F 29 /r", SSE, 16).whereAligned());
    rows.add(writes("66 0F 29 /r", SSE, 16).whereAligned());
    rows.add(reads("NP 0F 2A /r", SSE, 8).computing());
    rows.add(reads("66 0F 2A /r", SSE, 8)); // every integer of 32 bits is a double
    for (String prefix : List.of("F3 ", "F2 ")) {
      rows.add(reads(prefix + "REX.W 0F 2A /r", SSE, 8).computing(OF_INTEGERS));
      rows.add(reads(prefix + "0F 2A /r", SSE, 4).computing(OF_INTEGERS));
    }
    rows.add(writes("NP 0F 2B /r mem", SSE, 16).whereAligned());
    rows.add(writes("66 0F 2B /r mem", SSE, 16).whereAligned());
    rows.add(reads("NP 0F 2C..2D /r", SSE, 8).computing());
    rows.add(reads("66 0F 2C..2D /r", SSE, 16).whereAligned().computing());
    for (String all : List.of("0F 51 /r", "0F 58..59 /r", "0F 5C..5F /r")) {
      rows.add(reads("NP " + all, SSE, 16).whereAligned().computing());
      rows.add(reads("66 " + all, SSE, 16).whereAligned().computing());
      rows.add(reads("F3 " + all, SSE, 4).computing());
      rows.add(reads("F2 " + all, SSE, 8).computing());
    }
    rows.add(reads("NP 0F 52..53 /r", SSE, 16).whereAligned());
    rows.add(reads("F3 0F 52..53 /r", SSE, 4));
    packed(rows, "0F 54..57 /r");
    rows.add(reads("NP 0F 5A /r", SSE, 8).computing());
    rows.add(reads("66 0F 5A /r", SSE, 16).whereAligned().computing());
    rows.add(reads("F3 0F 5A /r", SSE, 4).computing());
    rows.add(reads("F2 0F 5A /r", SSE, 8).computing());
    rows.add(reads("NP 0F 5B /r", SSE, 16).whereAligned().computing());
    rows.add(reads("66 0F 5B /r", SSE, 16).whereAligned().computing());
    rows.add(reads("F3 0F 5B /r", SSE, 16).whereAligned().computing());
    rows.add(reads("NP 0F C2 /r", SSE, 16).whereAligned().ib().computing());
    rows.add(reads("66 0F C2 /r", SSE, 16).whereAligned().ib().computing());
    rows.add(reads("F3 0F C2 /r", SSE, 4).ib().computing());
    rows.add(reads("F2 0F C2 /r", SSE, 8).ib().computing());
    rows.add(reads("NP 0F C6 /r", SSE, 16).whereAligned().ib());
    rows.add(reads("66 0F C6 /r", SSE, 16).whereAligned().ib());
  }

  private static ForeignForm move(String opcode, boolean load, int bytes) {
    return load ? reads(opcode + " /r", SSE, bytes) : writes(opcode + " /r", SSE, bytes);
  }

  /** Single or double precision: 16 bytes, aligned. */
  private static void packed(List<Row> rows, String opcode) {
    rows.add(reads("NP " + opcode, SSE, 16).whereAligned());
    rows.add(reads("66 " + opcode, SSE, 16).whereAligned());
  }

  private static void mmx(List<Row> rows) {
    rows.add(reads("NP 0F 60..62 /r", MMX, 4));
    rows.add(reads("66 0F 60..62 /r", MMX, 16).whereAligned());
    for (String both :
        List.of("63..6B", "74..76", "D1..D5", "D8..DF", "E0..E5", "E8..EF", "F1..F6", "F8..FE")) {
      rows.add(reads("NP 0F " + both + " /r", MMX, 8));
      rows.add(reads("66 0F " + both + " /r", MMX, 16).whereAligned());
    }
    rows.add(reads("66 0F 6C..6D /r", MMX, 16).whereAligned());
    for (String prefix : List.of("NP ", "66 ")) {
      rows.add(reads(prefix + "REX.W 0F 6E /r", MMX, 8));
      rows.add(reads(prefix + "0F 6E /r", MMX, 4));
      rows.add(writes(prefix + "REX.W 0F 7E /r mem", MMX, 8));
      rows.add(writes(prefix + "0F 7E /r mem", MMX, 4));
    }
    rows.add(reads("NP 0F 6F /r", MMX, 8));
    rows.add(reads("66 0F 6F /r", MMX, 16).whereAligned());
    rows.add(reads("F3 0F 6F /r", MMX, 16));
    rows.add(reads("NP 0F 70 /r", MMX, 8).ib());
    for (String prefix : List.of("66", "F3", "F2")) {
      rows.add(reads(prefix + " 0F 70 /r", MMX, 16).whereAligned().ib());
    }
    for (String prefix : List.of("NP", "66")) {
      for (String shift : List.of("/2", "/4", "/6")) {
        rows.add(inside(prefix + " 0F 71..72 " + shift + " mod=3", MMX).ib());
      }
      rows.add(inside(prefix + " 0F 73 /2 mod=3", MMX).ib());
      rows.add(inside(prefix + " 0F 73 /6 mod=3", MMX).ib());
    }
    rows.add(inside("66 0F 73 /3 mod=3", MMX).ib());
    rows.add(inside("66 0F 73 /7 mod=3", MMX).ib());
    rows.add(inside("NP 0F 77", "MMX"));
    for (String prefix : List.of("66", "F2")) {
      rows.add(reads(prefix + " 0F 7C..7D /r", MMX, 16).whereAligned().computing());
      rows.add(reads(prefix + " 0F D0 /r", MMX, 16).whereAligned().computing());
    }
    rows.add(reads("F3 0F 7E /r", MMX, 8));
    rows.add(writes("NP 0F 7F /r", MMX, 8));
    rows.add(writes("66 0F 7F /r", MMX, 16).whereAligned());
    rows.add(writes("F3 0F 7F /r", MMX, 16));
    rows.add(reads("NP 0F C4 /r", MMX, 2).ib());
    rows.add(reads("66 0F C4 /r", MMX, 2).ib());
    rows.add(writes("66 0F D6 /r", MMX, 8));
    rows.add(inside("F3 0F D6 /r mod=3", MMX));
    rows.add(inside("F2 0F D6 /r mod=3", MMX));
    rows.add(reads("66 0F E6 /r", MMX, 16).whereAligned().computing());
    rows.add(reads("F2 0F E6 /r", MMX, 16).whereAligned().computing());
    rows.add(reads("F3 0F E6 /r", MMX, 8));
    rows.add(writes("NP 0F E7 /r mem", MMX, 8));
    rows.add(writes("66 0F E7 /r mem", MMX, 16).whereAligned());
    rows.add(reads("F2 0F F0 /r mem", MMX, 16));
  }
}

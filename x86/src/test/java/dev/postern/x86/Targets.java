package dev.postern.x86;

/** Where in a segment a linear address of the harness is. */
final class Targets {

  private Targets() {}

  static long offset(RealCpu.Layout layout, Mode mode, Segment segment, long linear) {
    return switch (segment) {
      case FS -> linear - layout.fsBase();
      case GS -> linear - layout.gsBase();
      case CS, DS, ES, SS -> mode == Mode.BITS64 ? linear : linear - layout.dataBase();
    };
  }
}

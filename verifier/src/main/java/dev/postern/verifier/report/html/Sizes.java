package dev.postern.verifier.report.html;

/** Sizes of memory, in the largest unit that divides them. */
final class Sizes {

  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  private Sizes() {}

  static String text(long bytes) {
    long value = bytes;
    int unit = 0;
    while (value != 0 && value % 1024 == 0 && unit < UNITS.length - 1) {
      value = Long.divideUnsigned(value, 1024);
      unit++;
    }
    return Long.toUnsignedString(value) + " " + UNITS[unit];
  }
}

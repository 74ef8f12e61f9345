package dev.postern.dsl.code;

import java.util.Map;
import java.util.Optional;

/**
 * Relocations of the x86-64 System V ABI (table 4.9 of its AMD64 supplement) that have a meaning
 * for code placed once, without a dynamic linker. S is the symbol's address, A the addend, P the
 * field's own address.
 */
enum RelocationType {
  /** Nothing. */
  NONE(0, 0, false, Range.ANY),
  /** word64 S + A. */
  ABSOLUTE_64(1, 8, false, Range.ANY),
  /** word32 S + A - P. */
  PC32(2, 4, true, Range.SIGNED),
  /** word32 L + A - P: without a procedure linkage table, L is S. */
  PLT32(4, 4, true, Range.SIGNED),
  /** word32 S + A, zero-extended. */
  ABSOLUTE_32(10, 4, false, Range.UNSIGNED),
  /** word32 S + A, sign-extended. */
  ABSOLUTE_32S(11, 4, false, Range.SIGNED),
  /** word16 S + A - P. */
  PC16(13, 2, true, Range.SIGNED),
  /** word8 S + A - P. */
  PC8(15, 1, true, Range.SIGNED),
  /** word64 S + A - P. */
  PC64(24, 8, true, Range.ANY);

  private enum Range {
    ANY,
    SIGNED,
    UNSIGNED
  }

  private static final Map<Integer, String> UNSUPPORTED =
      Map.ofEntries(
          Map.entry(3, "GOT32"),
          Map.entry(5, "COPY"),
          Map.entry(6, "GLOB_DAT"),
          Map.entry(7, "JUMP_SLOT"),
          Map.entry(8, "RELATIVE"),
          Map.entry(9, "GOTPCREL"),
          Map.entry(12, "16"),
          Map.entry(14, "8"),
          Map.entry(16, "DTPMOD64"),
          Map.entry(17, "DTPOFF64"),
          Map.entry(18, "TPOFF64"),
          Map.entry(19, "TLSGD"),
          Map.entry(20, "TLSLD"),
          Map.entry(21, "DTPOFF32"),
          Map.entry(22, "GOTTPOFF"),
          Map.entry(23, "TPOFF32"),
          Map.entry(25, "GOTOFF64"),
          Map.entry(26, "GOTPC32"),
          Map.entry(32, "SIZE32"),
          Map.entry(33, "SIZE64"),
          Map.entry(34, "GOTPC32_TLSDESC"),
          Map.entry(35, "TLSDESC_CALL"),
          Map.entry(36, "TLSDESC"),
          Map.entry(37, "IRELATIVE"),
          Map.entry(41, "GOTPCRELX"),
          Map.entry(42, "REX_GOTPCRELX"));

  private final int number;
  private final int bytes;
  private final boolean relative;
  private final Range range;

  RelocationType(int number, int bytes, boolean relative, Range range) {
    this.number = number;
    this.bytes = bytes;
    this.relative = relative;
    this.range = range;
  }

  static Optional<RelocationType> of(int number) {
    for (RelocationType type : values()) {
      if (type.number == number) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The ABI's name of a type, supported or not. */
  static String name(int number) {
    if (of(number).isEmpty() && !UNSUPPORTED.containsKey(number)) {
      return "type " + number;
    }
    return "R_X86_64_"
        + of(number)
            .map(type ->
                switch (type) {
                  case ABSOLUTE_64 -> "64";
                  case ABSOLUTE_32 -> "32";
                  case ABSOLUTE_32S -> "32S";
                  case NONE, PC32, PLT32, PC16, PC8, PC64 -> type.name();
                })
            .orElse(UNSUPPORTED.getOrDefault(number, ""));
  }

  /** How to compile so that an unsupported type does not appear. */
  static Optional<String> hint(int number) {
    String name = UNSUPPORTED.getOrDefault(number, "");
    if (name.contains("GOT")) {
      return Optional.of("compile with -fno-pic or with -fvisibility=hidden: there is no GOT");
    }
    if (name.contains("TLS") || name.contains("TPOFF") || name.contains("DTP")) {
      return Optional.of("protected code has no thread-local storage");
    }
    return Optional.empty();
  }

  int bytes() {
    return bytes;
  }

  boolean relative() {
    return relative;
  }

  /** Whether {@code value} survives being cut to the field and extended again. */
  boolean fits(long value) {
    int bits = 8 * bytes;
    return switch (range) {
      case ANY -> true;
      case SIGNED -> (value << (64 - bits)) >> (64 - bits) == value;
      case UNSIGNED -> (value << (64 - bits)) >>> (64 - bits) == value;
    };
  }
}

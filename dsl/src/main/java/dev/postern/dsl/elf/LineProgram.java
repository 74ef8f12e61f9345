package dev.postern.dsl.elf;

import dev.postern.dsl.Limits;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One unit of .debug_line: a DWARF 5 line number program (DWARF 5 §6.2), run. Fields that the
 * linker fills are looked up in {@link Fields}, as no object has them in place.
 */
final class LineProgram {

  private static final int VERSION = 5;

  private static final int DW_LNCT_PATH = 1;

  private static final int DW_FORM_BLOCK = 0x09;
  private static final int DW_FORM_DATA1 = 0x0b;
  private static final int DW_FORM_DATA2 = 0x05;
  private static final int DW_FORM_DATA4 = 0x06;
  private static final int DW_FORM_DATA8 = 0x07;
  private static final int DW_FORM_DATA16 = 0x1e;
  private static final int DW_FORM_STRING = 0x08;
  private static final int DW_FORM_UDATA = 0x0f;
  private static final int DW_FORM_LINE_STRP = 0x1f;

  private static final int DW_LNS_COPY = 1;
  private static final int DW_LNS_ADVANCE_PC = 2;
  private static final int DW_LNS_ADVANCE_LINE = 3;
  private static final int DW_LNS_SET_FILE = 4;
  private static final int DW_LNS_SET_COLUMN = 5;
  private static final int DW_LNS_CONST_ADD_PC = 8;
  private static final int DW_LNS_FIXED_ADVANCE_PC = 9;

  private static final int DW_LNE_END_SEQUENCE = 1;
  private static final int DW_LNE_SET_ADDRESS = 2;

  /** What a relocation makes of a field. */
  interface Fields {

    /** An offset into .debug_line_str, at {@code at} of .debug_line. */
    long offset(int at, long content);

    /** The section, and the offset in it, of an address at {@code at} of .debug_line. */
    Optional<Place> address(int at, long content);
  }

  /** A place in a section. */
  record Place(int section, long offset) {}

  /** Code from {@code place} on is of a line; {@code line} 0: of none, or a sequence's end. */
  record Row(Place place, String file, int line, int column) {}

  private final ByteBuffer in;
  private final ByteBuffer strings;
  private final Fields fields;
  private final List<String> files = new ArrayList<>();
  private final List<Row> rows;

  private LineProgram(ByteBuffer in, ByteBuffer strings, Fields fields, List<Row> rows) {
    this.in = in;
    this.strings = strings;
    this.fields = fields;
    this.rows = rows;
  }

  /** The rows of all units of {@code section} that are of version 5; others are skipped. */
  static List<Row> rows(ByteBuffer section, ByteBuffer strings, Fields fields) throws ElfException {
    List<Row> rows = new ArrayList<>();
    try {
      while (section.hasRemaining()) {
        int length = section.getInt();
        if (length < 0 || length > section.remaining()) {
          throw ElfException.malformed(
              ".debug_line: a unit of 0x%x bytes in 0x%x".formatted(length, section.remaining()));
        }
        int end = section.position() + length;
        ByteBuffer unit = section.duplicate().order(section.order()).limit(end);
        new LineProgram(unit, strings, fields, rows).unit();
        section.position(end);
      }
    } catch (java.nio.BufferUnderflowException | IllegalArgumentException e) {
      throw ElfException.malformed(".debug_line: a unit ends in the middle of a field");
    }
    return rows;
  }

  private void unit() throws ElfException {
    if (in.getShort() != VERSION) {
      return;
    }
    int addressSize = in.get();
    int selectorSize = in.get();
    if (addressSize != 8 || selectorSize != 0) {
      throw ElfException.malformed(".debug_line: addresses of %d bytes".formatted(addressSize));
    }
    int headerLength = in.getInt();
    if (headerLength < 0 || headerLength > in.remaining()) {
      throw ElfException.malformed(".debug_line: a header runs past its unit");
    }
    int program = in.position() + headerLength;
    int minimum = in.get() & 0xff;
    int operations = in.get() & 0xff;
    in.get(); // default_is_stmt: every row tells of its line
    int lineBase = in.get();
    int lineRange = in.get() & 0xff;
    int opcodeBase = in.get() & 0xff;
    if (minimum != 1 || operations != 1 || lineRange == 0 || opcodeBase == 0) {
      throw ElfException.malformed(".debug_line: not a header for x86-64");
    }
    int[] operands = new int[opcodeBase];
    for (int opcode = 1; opcode < opcodeBase; opcode++) {
      operands[opcode] = in.get() & 0xff;
    }
    entries(); // directories
    files.addAll(entries());
    in.position(program);
    new Sequence(lineBase, lineRange, operands).run();
  }

  /** A directory or file name table: of each entry its path, or nothing. */
  private List<String> entries() throws ElfException {
    int formats = in.get() & 0xff;
    List<long[]> format = new ArrayList<>();
    for (int i = 0; i < formats; i++) {
      format.add(new long[] {uleb(), uleb()});
    }
    long count = uleb();
    if (count < 0 || count > Limits.OBJECT_SYMBOLS || (count > 0 && format.isEmpty())) {
      throw ElfException.malformed(".debug_line: a table of %d names".formatted(count));
    }
    List<String> paths = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      String path = "";
      for (long[] field : format) {
        String value = field((int) field[1]);
        path = field[0] == DW_LNCT_PATH ? value : path;
      }
      paths.add(path);
    }
    return paths;
  }

  /** A field's text; empty for what is no text. */
  private String field(int form) throws ElfException {
    switch (form) {
      case DW_FORM_STRING -> {
        return string(in);
      }
      case DW_FORM_LINE_STRP -> {
        int at = in.position();
        long offset = fields.offset(at, in.getInt() & 0xffff_ffffL);
        if (offset < 0 || offset >= strings.limit()) {
          throw ElfException.malformed(
              ".debug_line: a name at 0x%x of .debug_line_str".formatted(offset));
        }
        return string(strings.duplicate().position((int) offset));
      }
      case DW_FORM_UDATA -> uleb();
      case DW_FORM_DATA1 -> skip(1);
      case DW_FORM_DATA2 -> skip(2);
      case DW_FORM_DATA4 -> skip(4);
      case DW_FORM_DATA8 -> skip(8);
      case DW_FORM_DATA16 -> skip(16);
      case DW_FORM_BLOCK -> skip(uleb());
      default ->
          throw ElfException.malformed(".debug_line: a name field of form 0x%x".formatted(form));
    }
    return "";
  }

  private void skip(long bytes) throws ElfException {
    if (bytes < 0 || bytes > in.remaining()) {
      throw ElfException.malformed(".debug_line: a field runs past its unit");
    }
    in.position(in.position() + (int) bytes);
  }

  private static String string(ByteBuffer from) throws ElfException {
    int start = from.position();
    int end = start;
    while (end < from.limit() && from.get(end) != 0 && end - start <= Limits.OBJECT_NAME) {
      end++;
    }
    if (end == from.limit() || from.get(end) != 0) {
      throw ElfException.malformed(".debug_line: a name has no end");
    }
    byte[] text = new byte[end - start];
    from.get(text);
    from.get();
    // It is shown on a terminal, and whoever made the object chose it.
    return new String(text, StandardCharsets.ISO_8859_1).replaceAll("[^\\x20-\\x7e]", "?");
  }

  /** LEB128 of at most 64 bits. */
  private long uleb() throws ElfException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw ElfException.malformed(".debug_line: a number of more than 64 bits");
  }

  private long sleb() throws ElfException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        int used = shift + 7;
        return used < 64 && (next & 0x40) != 0 ? value | -1L << used : value;
      }
    }
    throw ElfException.malformed(".debug_line: a number of more than 64 bits");
  }

  /** The line number machine (§6.2.2). */
  private final class Sequence {

    private final int lineBase;
    private final int lineRange;
    private final int[] operands;
    private Optional<Place> place = Optional.empty();
    private long file = 1;
    private long line = 1;
    private long column;

    Sequence(int lineBase, int lineRange, int[] operands) {
      this.lineBase = lineBase;
      this.lineRange = lineRange;
      this.operands = operands;
    }

    void run() throws ElfException {
      while (in.hasRemaining()) {
        int opcode = in.get() & 0xff;
        if (opcode >= operands.length) {
          special(opcode - operands.length);
        } else if (opcode == 0) {
          extended();
        } else {
          standard(opcode);
        }
      }
    }

    private void special(int adjusted) throws ElfException {
      advance(adjusted / lineRange);
      line += lineBase + adjusted % lineRange;
      row();
    }

    private void standard(int opcode) throws ElfException {
      switch (opcode) {
        case DW_LNS_COPY -> row();
        case DW_LNS_ADVANCE_PC -> advance(uleb());
        case DW_LNS_ADVANCE_LINE -> line += sleb();
        case DW_LNS_SET_FILE -> file = uleb();
        case DW_LNS_SET_COLUMN -> column = uleb();
        case DW_LNS_CONST_ADD_PC -> advance((255 - operands.length) / lineRange);
        case DW_LNS_FIXED_ADVANCE_PC -> advance(in.getShort() & 0xffff);
        default -> {
          for (int i = 0; i < operands[opcode]; i++) {
            uleb();
          }
        }
      }
    }

    private void extended() throws ElfException {
      long length = uleb();
      if (length <= 0 || length > in.remaining()) {
        throw ElfException.malformed(".debug_line: an opcode of %d bytes".formatted(length));
      }
      int end = in.position() + (int) length;
      switch (in.get() & 0xff) {
        case DW_LNE_END_SEQUENCE -> {
          line = 0;
          row();
          place = Optional.empty();
          file = 1;
          line = 1;
          column = 0;
        }
        case DW_LNE_SET_ADDRESS -> {
          int at = in.position();
          place = fields.address(at, in.getLong());
        }
        default -> {} // discriminators and the like
      }
      in.position(end);
    }

    private void advance(long bytes) {
      place = place.map(p -> new Place(p.section(), p.offset() + bytes));
    }

    private void row() throws ElfException {
      if (rows.size() >= Limits.OBJECT_LINES) {
        throw ElfException.unsupported(
            ".debug_line has more than %d rows (limit OBJECT_LINES)"
                .formatted(Limits.OBJECT_LINES));
      }
      boolean named = file >= 0 && file < files.size();
      boolean known = named && line > 0 && line <= Integer.MAX_VALUE;
      if (place.isPresent()) {
        rows.add(
            new Row(
                place.get(),
                known ? files.get((int) file) : "",
                known ? (int) line : 0,
                column > 0 && column < 1 << 16 ? (int) column : 1));
      }
    }
  }
}

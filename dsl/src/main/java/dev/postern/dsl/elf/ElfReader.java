package dev.postern.dsl.elf;

import dev.postern.dsl.Limits;
import dev.postern.dsl.code.CodeUnit;
import dev.postern.dsl.code.CodeUnit.Relocation;
import dev.postern.dsl.code.CodeUnit.Symbol;
import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Location;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads an ELF64 file for x86-64 (System V gABI chapter 4): relocatable, executable or shared.
 * Sections that take memory and have bytes become sections of the unit; of debug information only
 * the line table is looked at.
 */
public final class ElfReader {

  private static final int EHDR = 64;
  private static final int SHDR = 64;
  private static final int SYM = 24;
  private static final int RELA = 24;

  private static final int ET_REL = 1;
  private static final int ET_EXEC = 2;
  private static final int ET_DYN = 3;
  private static final int EM_X86_64 = 62;

  private static final int SHT_NULL = 0;
  private static final int SHT_SYMTAB = 2;
  private static final int SHT_STRTAB = 3;
  private static final int SHT_RELA = 4;
  private static final int SHT_NOBITS = 8;
  private static final int SHT_REL = 9;
  private static final int SHT_SYMTAB_SHNDX = 18;

  private static final long SHF_ALLOC = 2;

  private static final String LINES = ".debug_line";
  private static final String LINE_STRINGS = ".debug_line_str";

  private static final int SHN_UNDEF = 0;
  private static final int SHN_LORESERVE = 0xff00;
  private static final int SHN_ABS = 0xfff1;

  private static final int STB_LOCAL = 0;
  private static final int STT_SECTION = 3;
  private static final int STT_FILE = 4;

  /** A section header (gABI figure 4-8) and what can be told from it alone. */
  private record Header(
      int index,
      int nameOffset,
      String name,
      int type,
      long flags,
      long address,
      int offset,
      int size,
      int link,
      int info,
      long entrySize) {
    boolean inFile() {
      return type != SHT_NULL && type != SHT_NOBITS && size > 0;
    }

    String shown() {
      return name.isEmpty() ? "section " + index : "section " + index + " '" + name + "'";
    }
  }

  private final ByteBuffer file;
  private final CodeUnit.Kind kind;
  private final List<Header> headers;

  private ElfReader(ByteBuffer file) throws ElfException {
    this.file = file;
    this.kind = identify();
    this.headers = headers();
  }

  /** The unit {@code content} holds. */
  public static CodeUnit read(String unit, Bytes content) throws ElfException {
    ByteBuffer file = ByteBuffer.wrap(content.toArray()).order(ByteOrder.LITTLE_ENDIAN);
    return new ElfReader(file).unit(unit);
  }

  // ---- the file's own header

  private CodeUnit.Kind identify() throws ElfException {
    if (file.limit() < 4 || file.getInt(0) != 0x464c457f) {
      throw ElfException.unsupported("it is not an ELF file");
    }
    if (file.limit() < EHDR) {
      throw ElfException.malformed(
          "it ends within the ELF header, after %d of %d bytes".formatted(file.limit(), EHDR));
    }
    if (file.get(4) != 2) {
      throw ElfException.unsupported("it is not a 64-bit object");
    }
    if (file.get(5) != 1) {
      throw ElfException.unsupported("it is not little-endian");
    }
    int machine = u16(18);
    if (machine != EM_X86_64) {
      throw ElfException.unsupported("it is for machine %d, not x86-64 (62)".formatted(machine));
    }
    if (file.get(6) != 1 || file.getInt(20) != 1) {
      throw ElfException.unsupported("it is of another ELF version than 1");
    }
    if (u16(52) != EHDR) {
      throw ElfException.malformed("its ELF header says it has %d bytes".formatted(u16(52)));
    }
    return switch (u16(16)) {
      case ET_REL -> CodeUnit.Kind.OBJECT;
      case ET_EXEC -> CodeUnit.Kind.EXECUTABLE;
      case ET_DYN -> CodeUnit.Kind.POSITION_INDEPENDENT;
      default ->
          throw ElfException.unsupported(
              "it is of type %d, neither an object (1), an executable (2) nor shared (3)"
                  .formatted(u16(16)));
    };
  }

  // ---- sections

  private List<Header> headers() throws ElfException {
    long table = file.getLong(40);
    int count = u16(60);
    int names = u16(62);
    if (count == 0) {
      throw table == 0
          ? ElfException.unsupported("it has no section headers")
          : ElfException.unsupported("its number of section headers is extended (over 65279)");
    }
    if (count > Limits.OBJECT_SECTIONS) {
      throw ElfException.unsupported(
          "it has %d sections, more than %d (limit OBJECT_SECTIONS)"
              .formatted(count, Limits.OBJECT_SECTIONS));
    }
    if (u16(58) != SHDR) {
      throw ElfException.malformed("its section headers have %d bytes each".formatted(u16(58)));
    }
    int start = range("the section header table", table, (long) count * SHDR);
    List<Header> raw = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      raw.add(header(i, start + i * SHDR));
    }
    if (names <= 0 || names >= count || raw.get(names).type() != SHT_STRTAB) {
      throw ElfException.malformed(
          "section %d, said to hold section names, is no string table".formatted(names));
    }
    List<Header> named = new ArrayList<>();
    for (Header h : raw) {
      String name = h.type() == SHT_NULL ? "" : string(raw.get(names), h.nameOffset());
      named.add(
          new Header(
              h.index(),
              h.nameOffset(),
              name,
              h.type(),
              h.flags(),
              h.address(),
              h.offset(),
              h.size(),
              h.link(),
              h.info(),
              h.entrySize()));
    }
    apart(named, start, count * SHDR);
    return named;
  }

  private Header header(int index, int at) throws ElfException {
    int type = file.getInt(at + 4);
    long offset = file.getLong(at + 24);
    long size = file.getLong(at + 32);
    boolean inFile = type != SHT_NULL && type != SHT_NOBITS;
    if (inFile) {
      range("section " + index, offset, size);
    }
    return new Header(
        index,
        file.getInt(at),
        "",
        type,
        file.getLong(at + 8),
        file.getLong(at + 16),
        inFile ? (int) offset : 0,
        inFile ? (int) size : 0,
        file.getInt(at + 40),
        file.getInt(at + 44),
        file.getLong(at + 56));
  }

  /** No two sections share bytes, nor with the headers: one of them would be a lie. */
  private static void apart(List<Header> headers, int table, int tableSize) throws ElfException {
    List<Header> sorted =
        headers.stream()
            .filter(Header::inFile)
            .sorted(Comparator.comparingInt(Header::offset))
            .toList();
    int end = EHDR;
    String before = "the ELF header";
    for (Header h : sorted) {
      if (h.offset() < end) {
        throw ElfException.malformed("%s overlaps %s".formatted(h.shown(), before));
      }
      end = h.offset() + h.size();
      before = h.shown();
      if (h.offset() < table + tableSize && table < end) {
        throw ElfException.malformed("%s overlaps the section header table".formatted(h.shown()));
      }
    }
  }

  // ---- the unit

  private CodeUnit unit(String name) throws ElfException {
    List<Symbol> symbols = new ArrayList<>();
    Map<Integer, List<Relocation>> relocations = new HashMap<>();
    Optional<Header> table = Optional.empty();
    for (Header h : headers) {
      if (h.type() == SHT_SYMTAB_SHNDX) {
        throw ElfException.unsupported("it has extended section indices");
      }
      if (h.type() == SHT_SYMTAB) {
        if (table.isPresent()) {
          throw ElfException.malformed("it has two symbol tables");
        }
        table = Optional.of(h);
      }
    }
    List<Symbol> all = table.isPresent() ? symbols(table.get()) : List.of();
    for (Symbol symbol : all) {
      if (!symbol.name().isEmpty()) {
        symbols.add(symbol);
      }
    }
    for (Header h : headers) {
      if (h.type() == SHT_REL) {
        throw ElfException.unsupported(
            h.shown() + " holds relocations without addends, which x86-64 does not use");
      }
      if (h.type() == SHT_RELA) {
        relocations(h, table, all, relocations);
      }
    }
    Map<Integer, List<CodeImage.Line>> lines = lines(relocations);
    List<CodeUnit.Section> sections = new ArrayList<>();
    for (Header h : headers) {
      if ((h.flags() & SHF_ALLOC) != 0 && h.inFile()) {
        byte[] bytes = new byte[h.size()];
        file.get(h.offset(), bytes);
        sections.add(
            new CodeUnit.Section(
                h.index(),
                h.name(),
                Bytes.of(bytes),
                h.address(),
                relocations.getOrDefault(h.index(), List.of()),
                lines.getOrDefault(h.index(), List.of())));
      }
    }
    return new CodeUnit(name, kind, sections, symbols);
  }

  private List<Symbol> symbols(Header table) throws ElfException {
    int count = entries(table, SYM, Limits.OBJECT_SYMBOLS, "OBJECT_SYMBOLS");
    Header strings = linked(table, SHT_STRTAB);
    List<Symbol> symbols = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int at = table.offset() + i * SYM;
      int info = file.get(at + 4) & 0xff;
      int type = info & 0xf;
      int section = u16(at + 6);
      long value = file.getLong(at + 8);
      if (i == 0) {
        // STN_UNDEF: its value is 0, and what refers to it has its whole address as addend.
        symbols.add(new Symbol("", Optional.empty(), true, 0, false));
        continue;
      }
      boolean named = type != STT_SECTION && type != STT_FILE;
      String name = named ? string(strings, file.getInt(at)) : "";
      if (section == SHN_UNDEF || section == SHN_ABS) {
        symbols.add(
            new Symbol(name, Optional.empty(), section == SHN_ABS, value, info >> 4 != STB_LOCAL));
        continue;
      }
      if (section >= SHN_LORESERVE) {
        throw ElfException.unsupported(
            "symbol %d '%s' is in reserved section 0x%x (common symbols are not placed)"
                .formatted(i, name, section));
      }
      if (section >= headers.size()) {
        throw ElfException.malformed(
            "symbol %d '%s' is in section %d of %d".formatted(i, name, section, headers.size()));
      }
      Header home = headers.get(section);
      long offset = kind == CodeUnit.Kind.OBJECT ? value : value - home.address();
      if (home.inFile() && (offset < 0 || offset > home.size())) {
        // Linkers leave marks such as _end beyond the section they count them to.
        if (kind == CodeUnit.Kind.OBJECT) {
          throw ElfException.malformed(
              "symbol %d '%s' at 0x%x is outside %s".formatted(i, name, value, home.shown()));
        }
        symbols.add(new Symbol("", Optional.empty(), false, 0, false));
        continue;
      }
      symbols.add(new Symbol(name, Optional.of(section), false, offset, info >> 4 != STB_LOCAL));
    }
    return symbols;
  }

  private void relocations(
      Header table,
      Optional<Header> symbolTable,
      List<Symbol> symbols,
      Map<Integer, List<Relocation>> out)
      throws ElfException {
    int count = entries(table, RELA, Integer.MAX_VALUE, "");
    if (kind != CodeUnit.Kind.OBJECT) {
      dynamic(table, count);
      return;
    }
    if (table.info() <= 0 || table.info() >= headers.size()) {
      throw ElfException.malformed(
          "%s relocates section %d of %d".formatted(table.shown(), table.info(), headers.size()));
    }
    Header relocated = headers.get(table.info());
    if ((relocated.flags() & SHF_ALLOC) == 0 && !relocated.name().equals(LINES)) {
      return;
    }
    if (symbolTable.isEmpty() || table.link() != symbolTable.get().index()) {
      throw ElfException.malformed(
          "%s uses section %d as its symbol table".formatted(table.shown(), table.link()));
    }
    List<Relocation> list = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int at = table.offset() + i * RELA;
      long info = file.getLong(at + 8);
      long symbol = info >>> 32;
      if (symbol >= symbols.size()) {
        throw ElfException.malformed(
            "entry %d of %s uses symbol %d of %d"
                .formatted(i, table.shown(), symbol, symbols.size()));
      }
      list.add(
          new Relocation(
              file.getLong(at), (int) info, symbols.get((int) symbol), file.getLong(at + 16)));
    }
    if (out.putIfAbsent(table.info(), list) != null) {
      throw ElfException.malformed("section %d is relocated by two tables".formatted(table.info()));
    }
  }

  /**
   * In a linked file the bytes are final, unless a dynamic linker would still change them; there is
   * none. Relocations the linker kept as information (--emit-relocs) are done already.
   */
  private void dynamic(Header table, int count) throws ElfException {
    boolean information = (table.flags() & SHF_ALLOC) == 0;
    if (!information && count > 0) {
      throw ElfException.unsupported(
          "%s holds %d relocations for a dynamic linker, and there is none"
              .formatted(table.shown(), count));
    }
  }

  // ---- line information

  /** Where the code of each section was written, as far as .debug_line says. */
  private Map<Integer, List<CodeImage.Line>> lines(Map<Integer, List<Relocation>> relocations)
      throws ElfException {
    Map<Integer, List<CodeImage.Line>> lines = new HashMap<>();
    Optional<Header> table = named(LINES);
    if (table.isEmpty()) {
      return lines;
    }
    ByteBuffer strings = named(LINE_STRINGS).map(this::content).orElse(ByteBuffer.allocate(0));
    Map<Long, Relocation> filled = new HashMap<>();
    for (Relocation r : relocations.getOrDefault(table.get().index(), List.of())) {
      filled.put(r.offset(), r);
    }
    List<LineProgram.Row> rows =
        new ArrayList<>(LineProgram.rows(content(table.get()), strings, new Filled(filled)));
    // A sequence's end comes before what begins at the same place.
    rows.sort(
        Comparator.comparingLong((LineProgram.Row row) -> row.place().offset())
            .thenComparing(row -> row.line() > 0));
    for (LineProgram.Row row : rows) {
      long offset = row.place().offset();
      if (offset >= 0 && offset <= headers.get(row.place().section()).size()) {
        lines
            .computeIfAbsent(row.place().section(), _ -> new ArrayList<>())
            .add(
                new CodeImage.Line(
                    (int) offset, new Location(row.file(), row.line(), row.column())));
      }
    }
    return lines;
  }

  private Optional<Header> named(String name) {
    return headers.stream().filter(h -> h.inFile() && h.name().equals(name)).findFirst();
  }

  private ByteBuffer content(Header header) {
    return file.slice(header.offset(), header.size()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Fields of .debug_line: in an object the linker's, in linked code as they stand. */
  private final class Filled implements LineProgram.Fields {

    private final Map<Long, Relocation> relocations;

    Filled(Map<Long, Relocation> relocations) {
      this.relocations = relocations;
    }

    @Override
    public long offset(int at, long content) {
      Relocation relocation = relocations.get((long) at);
      return relocation == null ? content : relocation.target().offset() + relocation.addend();
    }

    @Override
    public Optional<LineProgram.Place> address(int at, long content) {
      Relocation relocation = relocations.get((long) at);
      if (relocation != null) {
        return relocation
            .target()
            .section()
            .map(section ->
                new LineProgram.Place(section, relocation.target().offset() + relocation.addend()));
      }
      return headers.stream()
          .filter(h -> (h.flags() & SHF_ALLOC) != 0 && h.inFile() && kind != CodeUnit.Kind.OBJECT)
          .filter(h -> content - h.address() >= 0 && content - h.address() < h.size())
          .findFirst()
          .map(h -> new LineProgram.Place(h.index(), content - h.address()));
    }
  }

  // ---- checked reading

  private int entries(Header table, int entry, int limit, String limitName) throws ElfException {
    if (table.entrySize() != entry || table.size() % entry != 0) {
      throw ElfException.malformed(
          "%s has entries of %d bytes in %d bytes, they have %d"
              .formatted(table.shown(), table.entrySize(), table.size(), entry));
    }
    int count = table.size() / entry;
    if (count > limit) {
      throw ElfException.unsupported(
          "%s has %d entries, more than %d (limit %s)"
              .formatted(table.shown(), count, limit, limitName));
    }
    return count;
  }

  private Header linked(Header from, int type) throws ElfException {
    if (from.link() <= 0
        || from.link() >= headers.size()
        || headers.get(from.link()).type() != type) {
      throw ElfException.malformed(
          "%s is linked to section %d, which is no string table"
              .formatted(from.shown(), from.link()));
    }
    return headers.get(from.link());
  }

  /** The string at {@code offset} of a string table; it ends within the table. */
  private String string(Header table, int offset) throws ElfException {
    int end = table.offset() + table.size();
    int start = table.offset() + offset;
    if (offset < 0 || offset >= table.size()) {
      throw ElfException.malformed(
          "a name is at offset 0x%x of string table %d, which has 0x%x bytes"
              .formatted(offset, table.index(), table.size()));
    }
    int stop = start;
    while (stop < end && file.get(stop) != 0 && stop - start <= Limits.OBJECT_NAME) {
      stop++;
    }
    if (stop == end || file.get(stop) != 0) {
      throw ElfException.malformed(
          "a name in string table %d has no end within %d bytes"
              .formatted(table.index(), Limits.OBJECT_NAME));
    }
    byte[] text = new byte[stop - start];
    file.get(start, text);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  /** {@code offset} as an index, {@code size} bytes from it being in the file. */
  private int range(String what, long offset, long size) throws ElfException {
    if (offset < 0 || size < 0 || offset > file.limit() || size > file.limit() - offset) {
      throw ElfException.malformed(
          "%s, 0x%x bytes at 0x%x, runs past the end of the file at 0x%x"
              .formatted(what, size, offset, file.limit()));
    }
    return (int) offset;
  }

  private int u16(int at) {
    return file.getShort(at) & 0xffff;
  }
}

package dev.postern.dsl;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes small ELF64 files, honest ones; {@link #put16} and its like make them lie. */
public final class ElfFile {

  public static final int REL = 1;
  public static final int EXEC = 2;

  private record Section(
      String name,
      int type,
      long flags,
      long address,
      byte[] bytes,
      int link,
      int info,
      long entry) {}

  private record Symbol(String name, int info, int section, long value) {}

  private record Rela(long offset, int type, int symbol, long addend) {}

  private final int type;
  private final List<Section> sections = new ArrayList<>();
  private final List<Symbol> symbols = new ArrayList<>();
  private final List<List<Rela>> relocations = new ArrayList<>();

  public ElfFile(int type) {
    this.type = type;
    sections.add(new Section("", 0, 0, 0, new byte[0], 0, 0, 0));
    relocations.add(new ArrayList<>());
    symbols.add(new Symbol("", 0, 0, 0));
  }

  /** An allocated section with content; answers its number. */
  public int code(String name, long address, int... bytes) {
    byte[] content = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      content[i] = (byte) bytes[i];
    }
    sections.add(new Section(name, 1, 6, address, content, 0, 0, 0));
    relocations.add(new ArrayList<>());
    return sections.size() - 1;
  }

  /** A global symbol; answers its number. */
  public int symbol(String name, int section, long value) {
    symbols.add(new Symbol(name, 0x10, section, value));
    return symbols.size() - 1;
  }

  public int localSymbol(String name, int section, long value) {
    symbols.add(new Symbol(name, 0, section, value));
    return symbols.size() - 1;
  }

  public void relocate(int section, long offset, int relocation, int symbol, long addend) {
    relocations.get(section).add(new Rela(offset, relocation, symbol, addend));
  }

  /** The file: header, contents, section headers. */
  public byte[] bytes() {
    List<Section> all = new ArrayList<>(sections);
    int symtab = all.size();
    int strtab = symtab + 1;
    int shstrtab = symtab + 2;
    ByteArrayOutputStream strings = new ByteArrayOutputStream();
    strings.write(0);
    ByteBuffer table = little(24 * symbols.size());
    for (Symbol symbol : symbols) {
      table.putInt(symbol.name().isEmpty() ? 0 : name(strings, symbol.name()));
      table.put((byte) symbol.info()).put((byte) 0).putShort((short) symbol.section());
      table.putLong(symbol.value()).putLong(0);
    }
    all.add(new Section(".symtab", 2, 0, 0, table.array(), strtab, 1, 24));
    all.add(new Section(".strtab", 3, 0, 0, strings.toByteArray(), 0, 0, 0));
    all.add(new Section(".shstrtab", 3, 0, 0, new byte[0], 0, 0, 0));
    for (int i = 1; i < sections.size(); i++) {
      if (!relocations.get(i).isEmpty()) {
        ByteBuffer rela = little(24 * relocations.get(i).size());
        for (Rela r : relocations.get(i)) {
          rela.putLong(r.offset()).putLong((long) r.symbol() << 32 | r.type());
          rela.putLong(r.addend());
        }
        all.add(
            new Section(".rela" + sections.get(i).name(), 4, 0x40, 0, rela.array(), symtab, i, 24));
      }
    }
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    names.write(0);
    int[] nameOffsets = new int[all.size()];
    for (int i = 1; i < all.size(); i++) {
      nameOffsets[i] = name(names, all.get(i).name());
    }
    all.set(shstrtab, new Section(".shstrtab", 3, 0, 0, names.toByteArray(), 0, 0, 0));
    int length = 64 + all.stream().mapToInt(s -> s.bytes().length).sum();
    ByteBuffer out = little(length + 64 * all.size());
    out.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1).position(16);
    out.putShort((short) type).putShort((short) 62).putInt(1).putLong(0).putLong(0);
    out.putLong(length).putInt(0).putShort((short) 64).putShort((short) 0).putShort((short) 0);
    out.putShort((short) 64).putShort((short) all.size()).putShort((short) shstrtab);
    int[] offsets = new int[all.size()];
    for (int i = 0; i < all.size(); i++) {
      offsets[i] = out.position();
      out.put(all.get(i).bytes());
    }
    for (int i = 0; i < all.size(); i++) {
      Section s = all.get(i);
      out.putInt(nameOffsets[i]).putInt(s.type()).putLong(s.flags()).putLong(s.address());
      out.putLong(i == 0 ? 0 : offsets[i]).putLong(s.bytes().length);
      out.putInt(s.link()).putInt(s.info()).putLong(1).putLong(s.entry());
    }
    return out.array();
  }

  private static int name(ByteArrayOutputStream table, String name) {
    int offset = table.size();
    table.writeBytes(name.getBytes(StandardCharsets.UTF_8));
    table.write(0);
    return offset;
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  public static byte[] put16(byte[] file, int at, int value) {
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putShort(at, (short) value);
    return file;
  }

  public static byte[] put64(byte[] file, int at, long value) {
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    return file;
  }

  /** Offset of field {@code field} of section header {@code index}. */
  public static int header(byte[] file, int index, int field) {
    long table = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(40);
    return (int) table + 64 * index + field;
  }
}

package dev.postern.dsl.code;

import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import java.util.List;
import java.util.Optional;

/**
 * A {@code code} declaration's content.
 *
 * @param sections those with bytes, by {@link Section#number}
 */
public record CodeUnit(String name, Kind kind, List<Section> sections, List<Symbol> symbols) {

  /** How far linking has gone. */
  public enum Kind {
    /** Sections are placed and relocated one by one. */
    OBJECT,
    /** Linked for fixed addresses. */
    EXECUTABLE,
    /** Linked to run anywhere, all sections moved by the same distance. */
    POSITION_INDEPENDENT
  }

  /**
   * Code or constants.
   *
   * @param number what symbols refer to it by
   * @param address where linked code was linked for; 0 in an object
   * @param lines where the bytes were written, as far as known
   */
  public record Section(
      int number,
      String name,
      Bytes bytes,
      long address,
      List<Relocation> relocations,
      List<CodeImage.Line> lines) {
    public Section {
      relocations = List.copyOf(relocations);
      lines = List.copyOf(lines);
    }
  }

  /**
   * A named place.
   *
   * @param section number of its section; empty for an undefined or absolute symbol
   * @param offset bytes from the section's start; the value of an absolute symbol
   * @param global whether it is visible outside its file
   */
  public record Symbol(
      String name, Optional<Integer> section, boolean absolute, long offset, boolean global) {}

  /**
   * A field the linker fills.
   *
   * @param type the number of the System V ABI, {@code R_X86_64_…}
   */
  public record Relocation(long offset, int type, Symbol target, long addend) {}

  public CodeUnit {
    sections = List.copyOf(sections);
    symbols = List.copyOf(symbols);
  }

  public List<Section> sectionsNamed(String sectionName) {
    return sections.stream().filter(s -> s.name().equals(sectionName)).toList();
  }

  /** Defined symbols of this name: the global one alone where there is one. */
  public List<Symbol> symbolsNamed(String symbolName) {
    List<Symbol> named =
        symbols.stream()
            .filter(s -> s.name().equals(symbolName) && (s.section().isPresent() || s.absolute()))
            .toList();
    List<Symbol> global = named.stream().filter(Symbol::global).toList();
    return global.isEmpty() ? named : global;
  }
}

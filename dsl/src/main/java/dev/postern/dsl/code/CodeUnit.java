package dev.postern.dsl.code;

import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** A {@code code} declaration's content. */
public final class CodeUnit {

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
      String name, Optional<Integer> section, boolean absolute, long offset, boolean global) {

    boolean defined() {
      return absolute || section.isPresent();
    }
  }

  /**
   * A field the linker fills.
   *
   * @param type the number of the System V ABI, {@code R_X86_64_…}
   */
  public record Relocation(long offset, int type, Symbol target, long addend) {}

  private final String name;
  private final Kind kind;
  private final List<Section> sections;
  private final Map<String, List<Symbol>> symbols = new LinkedHashMap<>();
  private final Map<Integer, SortedMap<String, Integer>> offsets = new HashMap<>();

  public CodeUnit(String name, Kind kind, List<Section> sections, List<Symbol> all) {
    this.name = name;
    this.kind = kind;
    this.sections = List.copyOf(sections);
    Map<String, List<Symbol>> named = new LinkedHashMap<>();
    for (Symbol symbol : all) {
      if (symbol.defined()) {
        named.computeIfAbsent(symbol.name(), _ -> new ArrayList<>()).add(symbol);
      }
    }
    named.forEach((symbol, list) -> symbols.put(symbol, visible(list)));
    symbols.forEach((symbol, list) -> {
      if (list.size() == 1 && list.getFirst().section().isPresent()) {
        offsets
            .computeIfAbsent(list.getFirst().section().get(), _ -> new TreeMap<>())
            .put(symbol, (int) list.getFirst().offset());
      }
    });
  }

  /** The global one alone where there is one. */
  private static List<Symbol> visible(List<Symbol> named) {
    List<Symbol> global = named.stream().filter(Symbol::global).toList();
    return global.isEmpty() ? List.copyOf(named) : global;
  }

  public String name() {
    return name;
  }

  public Kind kind() {
    return kind;
  }

  /** Those with bytes. */
  public List<Section> sections() {
    return sections;
  }

  public List<Section> sectionsNamed(String sectionName) {
    return sections.stream().filter(s -> s.name().equals(sectionName)).toList();
  }

  public Optional<Section> section(int number) {
    return sections.stream().filter(s -> s.number() == number).findFirst();
  }

  /** Names of defined symbols. */
  public Set<String> symbolNames() {
    return Collections.unmodifiableSet(symbols.keySet());
  }

  /** Defined symbols of this name; several only if none of them is global. */
  public List<Symbol> symbolsNamed(String symbolName) {
    return symbols.getOrDefault(symbolName, List.of());
  }

  /** Symbols of a section that are the only ones of their name, with their offsets. */
  public SortedMap<String, Integer> offsets(Section section) {
    return Collections.unmodifiableSortedMap(
        offsets.getOrDefault(section.number(), new TreeMap<>()));
  }
}

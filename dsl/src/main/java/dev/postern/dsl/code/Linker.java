package dev.postern.dsl.code;

import dev.postern.dsl.code.CodeUnit.Relocation;
import dev.postern.dsl.code.CodeUnit.Section;
import dev.postern.dsl.code.CodeUnit.Symbol;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.model.Bytes;
import java.util.Map;
import java.util.Optional;

/** Fills in what depends on where the sections of a unit stand in a view. */
public final class Linker {

  private final CodeUnit unit;
  private final Map<Integer, Long> placed;

  /**
   * A linker for one view.
   *
   * @param placed linear address of each section of {@code unit} the view maps, by number
   */
  public Linker(CodeUnit unit, Map<Integer, Long> placed) {
    this.unit = unit;
    this.placed = Map.copyOf(placed);
  }

  /** The bytes of {@code section} as they ship. */
  public Bytes link(Section section) throws LinkException {
    long la = address(section);
    byte[] bytes = section.bytes().toArray();
    for (Relocation relocation : section.relocations()) {
      apply(bytes, relocation, la);
    }
    return Bytes.of(bytes);
  }

  private long address(Section section) throws LinkException {
    Long la = placed.get(section.number());
    if (la == null) {
      throw new IllegalArgumentException("section " + section.name() + " is not placed");
    }
    if (unit.kind() == CodeUnit.Kind.OBJECT) {
      return la;
    }
    long moved = la - section.address();
    if (unit.kind() == CodeUnit.Kind.EXECUTABLE && moved != 0) {
      throw new LinkException(
          Code.LINKED_ELSEWHERE,
          "section '%s' is linked for 0x%x and stands at 0x%x"
              .formatted(section.name(), section.address(), la),
          Optional.of("place it there with 'la', or give the object before linking"));
    }
    for (Section other : unit.sections()) {
      Long there = placed.get(other.number());
      if (there != null && there - other.address() != moved) {
        throw new LinkException(
            Code.LINKED_ELSEWHERE,
            "sections '%s' and '%s' are moved by different distances, 0x%x and 0x%x"
                .formatted(section.name(), other.name(), moved, there - other.address()),
            Optional.of("keep the distance they were linked with, or give the object"));
      }
    }
    return la;
  }

  private void apply(byte[] bytes, Relocation relocation, long la) throws LinkException {
    RelocationType type =
        RelocationType.of(relocation.type())
            .orElseThrow(() ->
                new LinkException(
                    Code.RELOCATION_UNSUPPORTED,
                    "relocation %s at offset 0x%x is not supported"
                        .formatted(RelocationType.name(relocation.type()), relocation.offset()),
                    RelocationType.hint(relocation.type())));
    if (type == RelocationType.NONE) {
      return;
    }
    if (relocation.offset() < 0 || relocation.offset() > bytes.length - type.bytes()) {
      throw new LinkException(
          Code.ELF_MALFORMED,
          "relocation at offset 0x%x is outside its section".formatted(relocation.offset()),
          Optional.empty());
    }
    long value = target(relocation) + relocation.addend();
    if (type.relative()) {
      value -= la + relocation.offset();
    }
    if (!type.fits(value)) {
      throw new LinkException(
          Code.RELOCATION_OVERFLOW,
          "%s at offset 0x%x: 0x%x does not fit its field"
              .formatted(RelocationType.name(relocation.type()), relocation.offset(), value),
          Optional.of("place the sections nearer to each other, or in the low 2 GiB"));
    }
    for (int i = 0; i < type.bytes(); i++) {
      bytes[(int) relocation.offset() + i] = (byte) (value >>> (8 * i));
    }
  }

  /** Linear address of a relocation's symbol. */
  private long target(Relocation relocation) throws LinkException {
    Symbol symbol = relocation.target();
    if (symbol.absolute()) {
      return symbol.offset();
    }
    if (symbol.section().isEmpty()) {
      throw new LinkException(
          Code.SYMBOL_MISSING,
          "'%s' is used at offset 0x%x and defined nowhere in the object"
              .formatted(symbol.name(), relocation.offset()),
          Optional.of("link the objects first (ld -r), or define it"));
    }
    Long la = placed.get(symbol.section().get());
    if (la == null) {
      String section =
          unit.section(symbol.section().get())
              .map(s -> "'" + s.name() + "'")
              .orElse("without content");
      throw new LinkException(
          Code.SYMBOL_NOT_PLACED,
          "the code at offset 0x%x refers to section %s, which this view does not map"
              .formatted(relocation.offset(), section),
          Optional.of("map the section in this view too"));
    }
    return la + symbol.offset();
  }
}

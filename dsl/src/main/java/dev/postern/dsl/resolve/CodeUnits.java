package dev.postern.dsl.resolve;

import dev.postern.dsl.Limits;
import dev.postern.dsl.code.CodeUnit;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.Spelling;
import dev.postern.dsl.elf.ElfException;
import dev.postern.dsl.elf.ElfReader;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Bytes;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The code declarations of a policy, loaded. */
final class CodeUnits {

  private final Scope scope;

  /** By name; empty for a unit that could not be loaded, of which enough was said. */
  private final Map<String, Optional<CodeUnit>> units = new LinkedHashMap<>();

  private final Map<String, WrittenCode> written = new HashMap<>();

  CodeUnits(Scope scope, List<Tree.Code> trees) {
    this.scope = scope;
    Scope.Names names = scope.new Names("code");
    for (Tree.Code tree : trees) {
      String name = tree.name().text();
      if (names.define(name, tree.name().at()) && scope.entry(tree.at())) {
        units.put(
            name,
            switch (tree.source()) {
              case Tree.Elf elf -> elf(name, elf);
              case Tree.Written source -> written(name, source);
            });
      }
    }
  }

  private Optional<CodeUnit> written(String name, Tree.Written source) {
    WrittenCode code = new WrittenCode(scope, name, source.sections());
    written.put(name, code);
    return code.unplaced();
  }

  /** {@code unit} as it is where its sections stand at {@code placed}, by number. */
  Optional<CodeUnit> at(CodeUnit unit, Map<Integer, Long> placed) {
    WrittenCode code = written.get(unit.name());
    return code == null ? Optional.of(unit) : code.at(placed);
  }

  private Optional<CodeUnit> elf(String name, Tree.Elf tree) {
    Optional<Path> path = scope.sources.sibling(tree.path());
    Optional<Bytes> content =
        path.flatMap(
            p -> scope.sources.bytes(p, tree.path().at(), Limits.OBJECT_BYTES, "OBJECT_BYTES"));
    if (content.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(ElfReader.read(name, content.get()));
    } catch (ElfException e) {
      scope.error(
          e.code(), tree.path().at(), "'%s': %s".formatted(tree.path().value(), e.getMessage()));
      return Optional.empty();
    }
  }

  /** What {@code unit:section}, or {@code unit} where it has one section, refers to. */
  record Reference(CodeUnit unit, CodeUnit.Section section) {}

  Optional<Reference> section(Tree.Name reference) {
    int colon = reference.text().indexOf(':');
    String unitName = colon < 0 ? reference.text() : reference.text().substring(0, colon);
    Optional<CodeUnit> unit = unit(reference, unitName);
    if (unit.isEmpty()) {
      return Optional.empty();
    }
    List<CodeUnit.Section> found =
        colon < 0
            ? unit.get().sections()
            : unit.get().sectionsNamed(reference.text().substring(colon + 1));
    if (found.size() == 1) {
      return Optional.of(new Reference(unit.get(), found.getFirst()));
    }
    Set<String> names = new LinkedHashSet<>();
    unit.get().sections().forEach(s -> names.add(s.name()));
    String wanted = reference.text().substring(colon + 1);
    String message =
        colon < 0
            ? "code '%s' has %d sections: name one".formatted(unitName, found.size())
            : found.isEmpty()
                ? "code '%s' has no section '%s'".formatted(unitName, wanted)
                : "code '%s' has %d sections '%s'".formatted(unitName, found.size(), wanted);
    scope.diagnostics.add(
        Diagnostic.error(Code.SECTION_MISSING, reference.at(), message)
            .hint(
                Spelling.closest(wanted, names)
                    .filter(_ -> colon >= 0 && found.isEmpty())
                    .map(close -> "did you mean '" + close + "'?")
                    .or(() -> listed("it has: ", names))));
    return Optional.empty();
  }

  /** The symbol of a reference {@code unit:symbol}. */
  record Defined(CodeUnit unit, CodeUnit.Symbol symbol) {}

  Optional<Defined> symbol(Tree.Name reference) {
    int colon = reference.text().indexOf(':');
    String unitName = reference.text().substring(0, colon);
    String wanted = reference.text().substring(colon + 1);
    Optional<CodeUnit> unit = unit(reference, unitName);
    if (unit.isEmpty()) {
      return Optional.empty();
    }
    List<CodeUnit.Symbol> found = unit.get().symbolsNamed(wanted);
    if (found.size() == 1) {
      return Optional.of(new Defined(unit.get(), found.getFirst()));
    }
    Set<String> names = unit.get().symbolNames();
    scope.diagnostics.add(
        Diagnostic.error(
                Code.SYMBOL_MISSING,
                reference.at(),
                found.isEmpty()
                    ? "code '%s' defines no symbol '%s'".formatted(unitName, wanted)
                    : "code '%s' defines %d local symbols '%s'"
                        .formatted(unitName, found.size(), wanted))
            .hint(
                Spelling.closest(wanted, names)
                    .filter(_ -> found.isEmpty())
                    .map(close -> "did you mean '" + close + "'?")
                    .or(() ->
                        found.isEmpty()
                            ? listed("it defines: ", new TreeSet<>(names))
                            : Optional.of("make one of them global"))));
    return Optional.empty();
  }

  private static Optional<String> listed(String before, Set<String> names) {
    return names.isEmpty() || names.size() > 12
        ? Optional.empty()
        : Optional.of(before + String.join(", ", names));
  }

  private Optional<CodeUnit> unit(Tree.Name reference, String name) {
    Optional<CodeUnit> unit = units.get(name);
    if (unit == null) {
      scope.unknown(reference.at(), "code", name, units.keySet());
      return Optional.empty();
    }
    return unit;
  }
}

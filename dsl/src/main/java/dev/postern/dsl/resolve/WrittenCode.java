package dev.postern.dsl.resolve;

import dev.postern.dsl.Limits;
import dev.postern.dsl.code.CodeUnit;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Code written in the policy. What it assembles to depends on where its sections stand, since they
 * refer to each other; so it becomes a unit once for each placement.
 */
final class WrittenCode {

  /** Rounds until no symbol moves any more; branches only ever grow, so few are needed. */
  private static final int ROUNDS = 16;

  /** Distance between sections while nothing is placed: what reaches, reaches anywhere near. */
  private static final long APART = 16L << 20;

  private final Scope scope;
  private final String name;
  private final List<Tree.Section> sections;
  private final boolean assembled;
  private final Map<Tree.Content, Bytes> files = new HashMap<>();
  private final Map<Map<Integer, Long>, Optional<CodeUnit>> placements = new HashMap<>();

  WrittenCode(Scope scope, String name, List<Tree.Section> sections) {
    this.scope = scope;
    this.name = name;
    this.sections = sections;
    this.assembled =
        sections.stream()
            .flatMap(s -> s.content().stream())
            .anyMatch(Tree.Assembly.class::isInstance);
    sections.forEach(s -> s.content().forEach(this::read));
  }

  private void read(Tree.Content content) {
    Optional<Tree.Text> path =
        switch (content) {
          case Tree.HexFile file -> Optional.of(file.path());
          case Tree.BinaryFile file -> Optional.of(file.path());
          case Tree.HexBytes _, Tree.Assembly _, Tree.Symbol _, Tree.Pad _ -> Optional.empty();
        };
    path.ifPresent(p ->
        scope
            .sources
            .sibling(p)
            .flatMap(file -> scope.sources.bytes(file, p.at(), 4 * Limits.CODE_BYTES, "CODE_BYTES"))
            .ifPresent(bytes -> files.put(content, bytes)));
  }

  /** The unit before anything is placed: its sections, and which symbols it has. */
  Optional<CodeUnit> unplaced() {
    Map<Integer, Long> apart = new HashMap<>();
    for (int number = 1; number <= sections.size(); number++) {
      apart.put(number, number * APART);
    }
    return at(apart);
  }

  /** The unit where its sections stand at {@code placed}, by number. */
  Optional<CodeUnit> at(Map<Integer, Long> placed) {
    Map<Integer, Long> key = assembled ? Map.copyOf(placed) : Map.of();
    Optional<CodeUnit> unit = placements.get(key);
    if (unit == null) {
      unit = build(key);
      placements.put(key, unit);
    }
    return unit;
  }

  private Optional<CodeUnit> build(Map<Integer, Long> placed) {
    Map<String, Long> symbols = new HashMap<>();
    if (assembled) {
      labels(placed, symbols);
      for (int round = 0; !settle(placed, symbols); round++) {
        if (round == ROUNDS) {
          scope.error(
              Code.ASSEMBLY,
              sections.getFirst().at(),
              "branches between the sections of '" + name + "' do not settle");
          return Optional.empty();
        }
      }
    }
    return unit(scope, placed, symbols);
  }

  /** A first guess: every symbol at its section's start. */
  private void labels(Map<Integer, Long> placed, Map<String, Long> symbols) {
    for (int i = 0; i < sections.size(); i++) {
      Long la = placed.get(i + 1);
      for (Tree.Content content : sections.get(i).content()) {
        if (la != null && content instanceof Tree.Assembly assembly) {
          AssemblyLabels.of(assembly.text()).forEach(label -> symbols.put(label, la));
        } else if (la != null && content instanceof Tree.Symbol symbol) {
          symbols.put(symbol.name(), la);
        }
      }
    }
  }

  /** One round; whether every symbol stayed where it was. What is wrong is not said yet. */
  private boolean settle(Map<Integer, Long> placed, Map<String, Long> symbols) {
    Optional<CodeUnit> unit = unit(scope.quiet(new Diagnostics()), placed, Map.copyOf(symbols));
    if (unit.isEmpty()) {
      return true;
    }
    Map<String, Long> moved = new HashMap<>();
    for (String symbol : unit.get().symbolNames()) {
      CodeUnit.Symbol found = unit.get().symbolsNamed(symbol).getFirst();
      Long la = placed.get(found.section().orElse(0));
      if (la != null) {
        moved.put(symbol, la + found.offset());
      }
    }
    boolean same = moved.equals(symbols);
    symbols.clear();
    symbols.putAll(moved);
    return same;
  }

  private Optional<CodeUnit> unit(
      Scope reports, Map<Integer, Long> placed, Map<String, Long> symbols) {
    List<CodeUnit.Section> built = new ArrayList<>();
    List<CodeUnit.Symbol> defined = new ArrayList<>();
    Scope.Names names = reports.new Names("section");
    boolean complete = true;
    for (Tree.Section section : sections) {
      complete &= names.define(section.name().text(), section.name().at());
      int number = built.size() + 1;
      boolean skipped = assembled && !placed.containsKey(number);
      ContentBuilder.Content content =
          new ContentBuilder(reports, placed.getOrDefault(number, 0L), symbols, files)
              .build(skipped ? List.of() : section.content());
      complete &= content.complete();
      built.add(
          new CodeUnit.Section(
              number, section.name().text(), content.bytes(), 0, List.of(), content.lines()));
      content
          .symbols()
          .forEach((symbol, offset) ->
              defined.add(new CodeUnit.Symbol(symbol, Optional.of(number), false, offset, true)));
    }
    return complete
        ? Optional.of(new CodeUnit(name, CodeUnit.Kind.OBJECT, built, defined))
        : Optional.empty();
  }
}

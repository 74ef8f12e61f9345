package dev.postern.verifier.report.html;

import dev.postern.verifier.gate.Known;
import dev.postern.verifier.smt.Facts;
import dev.postern.x86.Gpr;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** What is known at a line, as text; only what the line before did not say. */
final class Knowledge {

  private final SortedMap<Long, Map<Gpr, Known.Value>> known;
  private final Map<Gpr, String> said = new EnumMap<>(Gpr.class);

  Knowledge(SortedMap<Long, Map<Gpr, Known.Value>> known) {
    this.known = known;
  }

  /** Whether any path behind the gate reaches the instruction. */
  boolean reached(long la) {
    return known.containsKey(la);
  }

  /** For the instruction at {@code la}; to be asked in the order of lines. */
  String at(long la) {
    Map<Gpr, Known.Value> here = known.getOrDefault(la, Map.of());
    Map<String, List<String>> news = new LinkedHashMap<>();
    for (Gpr gpr : Gpr.values()) {
      String text = Optional.ofNullable(here.get(gpr)).map(Knowledge::text).orElse("");
      if (!text.equals(said.getOrDefault(gpr, ""))) {
        said.put(gpr, text);
        news.computeIfAbsent(text.isEmpty() ? "any" : text, _ -> new ArrayList<>())
            .add(gpr.name().toLowerCase(Locale.ROOT));
      }
    }
    return news.entrySet().stream()
        .map(fact -> String.join(", ", fact.getValue()) + " " + fact.getKey())
        .collect(Collectors.joining("; "));
  }

  /** A label: paths come from elsewhere, so everything is said again. */
  void forget() {
    said.clear();
  }

  private static String text(Known.Value value) {
    Facts facts = value.facts();
    if (value.callers()) {
      return "the caller's";
    }
    if (facts.min() == facts.max()) {
      return "= " + hex(facts.min());
    }
    boolean above = facts.min() != 0;
    boolean below = facts.max() != -1L;
    if (above && below) {
      return "in " + hex(facts.min()) + "…" + hex(facts.max());
    }
    return above ? "≥ " + hex(facts.min()) : below ? "≤ " + hex(facts.max()) : "";
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}

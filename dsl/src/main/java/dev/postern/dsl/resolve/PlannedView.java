package dev.postern.dsl.resolve;

import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Eptp;
import dev.postern.model.Hpa;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A view on its way from tree to model. */
final class PlannedView {

  final Tree.View tree;
  final Machines.Machine machine;
  final int index;
  final long linearBase;
  final Eptp eptp;
  final Optional<Hpa> root;
  final boolean suppressVeAbsent;
  final Optional<String> mediationNotClaimed;

  /** Whether a gate into it is for CPL 3. */
  final boolean user;

  final List<PlannedMapping> mappings = new ArrayList<>();
  private final Map<String, PlannedMapping> byName = new HashMap<>();
  final List<Range> unmapped = new ArrayList<>();

  /** Linear address of each section, by unit and number; the first where one is mapped twice. */
  final Map<String, Map<Integer, Long>> placed = new HashMap<>();

  /** Guest-physical addresses taken out of a default view. */
  record Range(long start, long size) {
    long last() {
      return start + size - 1;
    }
  }

  PlannedView(
      Tree.View tree,
      Machines.Machine machine,
      int index,
      long linearBase,
      Eptp eptp,
      Optional<Hpa> root,
      boolean suppressVeAbsent,
      Optional<String> mediationNotClaimed,
      boolean user) {
    this.tree = tree;
    this.machine = machine;
    this.index = index;
    this.linearBase = linearBase;
    this.eptp = eptp;
    this.root = root;
    this.suppressVeAbsent = suppressVeAbsent;
    this.mediationNotClaimed = mediationNotClaimed;
    this.user = user;
  }

  String vm() {
    return machine.vm().name();
  }

  String name() {
    return tree.name().text();
  }

  boolean isDefault() {
    return index == 0;
  }

  Optional<PlannedMapping> mapping(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  void add(PlannedMapping mapping) {
    mappings.add(mapping);
    byName.putIfAbsent(mapping.name, mapping);
  }
}

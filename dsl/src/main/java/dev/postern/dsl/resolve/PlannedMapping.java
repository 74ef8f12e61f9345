package dev.postern.dsl.resolve;

import dev.postern.dsl.syntax.Tree;
import dev.postern.model.CodeImage;
import dev.postern.model.Frames;
import dev.postern.model.Role;
import java.util.Optional;

/** A written mapping on its way from tree to model. */
final class PlannedMapping {

  final PlannedView view;
  final Tree.Mapping tree;
  final Attributes attributes;
  final String name;
  final Role role;
  final Optional<Long> gpa;
  final Optional<Long> la;
  final Optional<CodeUnits.Reference> code;

  /** What it maps and how much; computed on demand, since a mapping may take another's frames. */
  Optional<Content> content = Optional.empty();

  State state = State.NEW;

  enum State {
    NEW,
    OPEN,
    DONE
  }

  /** Frames, whose size is the mapping's, and the code in them. */
  record Content(Frames frames, Optional<CodeImage> image) {}

  PlannedMapping(
      PlannedView view,
      Tree.Mapping tree,
      Attributes attributes,
      String name,
      Role role,
      Optional<Long> gpa,
      Optional<Long> la,
      Optional<CodeUnits.Reference> code) {
    this.view = view;
    this.tree = tree;
    this.attributes = attributes;
    this.name = name;
    this.role = role;
    this.gpa = gpa;
    this.la = la;
    this.code = code;
  }
}

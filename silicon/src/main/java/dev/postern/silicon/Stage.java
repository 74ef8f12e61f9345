package dev.postern.silicon;

import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.La;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A policy with pages for paging structures in every view, at one guest-physical address,
 * read-only.
 *
 * <p>A counterexample says where linear addresses lead in each view, not where the structures stand
 * that say so. These pages are where; nothing else of the policy is changed.
 */
final class Stage {

  static final String NAME = "paging structures of the run";
  static final long SIZE = 64 * PageSize.SMALL.bytes();

  private static final Leaf READ_ONLY =
      new Leaf(
          true,
          false,
          false,
          false,
          MemoryType.WB,
          true,
          false,
          false,
          false,
          false,
          false,
          false,
          true);

  private Stage() {}

  /** {@code policy} with the pages. */
  static Policy of(Policy policy) {
    long gpa = free(policy);
    List<View> views = new ArrayList<>();
    for (View view : policy.views()) {
      List<Mapping> mappings = new ArrayList<>(view.mappings());
      mappings.add(
          new Mapping(
              view.at(),
              NAME,
              Role.PAGING,
              new Gpa(gpa),
              new La(gpa),
              SIZE,
              PageSize.SMALL,
              new Frames(new Frames.Owner.Loader(view.name(), NAME), 0, SIZE),
              READ_ONLY,
              false,
              java.util.Optional.empty()));
      mappings.sort(Comparator.comparing(mapping -> mapping.gpa().value(), Long::compareUnsigned));
      views.add(view.withMappings(mappings));
    }
    return policy.withViews(views);
  }

  /** The lowest guest-physical address that no view maps. */
  static long free(Policy policy) {
    List<Mapping> all =
        policy.views().stream()
            .flatMap(view -> view.mappings().stream())
            .sorted(Comparator.comparing(mapping -> mapping.gpa().value(), Long::compareUnsigned))
            .toList();
    long at = SIZE;
    for (Mapping mapping : all) {
      long end = mapping.gpa().value() + mapping.size();
      if (Long.compareUnsigned(mapping.gpa().value(), at + SIZE) < 0
          && Long.compareUnsigned(end, at) > 0) {
        at = end + SIZE - 1 & -SIZE;
      }
    }
    return at;
  }
}

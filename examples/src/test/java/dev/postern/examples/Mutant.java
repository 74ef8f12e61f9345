package dev.postern.examples;

import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Frames;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A policy with one thing changed. */
sealed interface Mutant {

  Policy policy();

  /** One byte of a page of code, wherever its frame is mapped; {@code role} is the page's. */
  record OfByte(Policy original, Role role, Frames frames, int offset, int value)
      implements Mutant {
    @Override
    public Policy policy() {
      return withMappings(
          original,
          mapping ->
              mapping.frames().equals(frames)
                  ? mapping.withImage(patched(mapping.image().orElseThrow(), offset, value))
                  : mapping);
    }

    @Override
    public String toString() {
      return "%s+%02x: %02x"
          .formatted(role == Role.TRAMPOLINE ? "gate page" : "code page", offset, value);
    }
  }

  /** The leaf bits of one mapping in one view. */
  record OfLeaf(Policy original, View view, Mapping before, Leaf after) implements Mutant {
    @Override
    public Policy policy() {
      return withMappings(
          original, mapping -> mapping == before ? before.withLeaf(after) : mapping);
    }

    @Override
    public String toString() {
      return "%s.%s: %016x instead of %016x"
          .formatted(view.name(), before.name(), after.bits(), before.leaf().bits());
    }
  }

  /** Every value of every byte of code in every page of this role. */
  static List<OfByte> bytes(Policy policy, Role role) {
    List<OfByte> mutants = new ArrayList<>();
    Set<Frames> seen = new LinkedHashSet<>();
    for (View view : policy.views()) {
      for (Mapping mapping : view.mappings()) {
        if (mapping.role() == role && seen.add(mapping.frames())) {
          CodeImage image = mapping.image().orElseThrow();
          for (int offset = 0; offset < image.length(); offset++) {
            for (int delta = 1; delta < 256; delta++) {
              int value = image.bytes().at(offset) ^ delta;
              mutants.add(new OfByte(policy, role, mapping.frames(), offset, value));
            }
          }
        }
      }
    }
    return mutants;
  }

  private static CodeImage patched(CodeImage image, int offset, int value) {
    byte[] bytes = image.bytes().toArray();
    bytes[offset] = (byte) value;
    return new CodeImage(
        image.unit(),
        image.section(),
        Bytes.of(bytes),
        image.length(),
        image.symbols(),
        image.lines());
  }

  /** Every leaf bit of every mapping flipped, and every other memory type. */
  static List<OfLeaf> leaves(Policy policy) {
    List<OfLeaf> mutants = new ArrayList<>();
    for (View view : policy.views()) {
      for (Mapping mapping : view.mappings()) {
        for (Leaf leaf : flipped(mapping.leaf())) {
          mutants.add(new OfLeaf(policy, view, mapping, leaf));
        }
      }
    }
    return mutants;
  }

  private static List<Leaf> flipped(Leaf leaf) {
    List<Leaf> flipped = new ArrayList<>();
    for (int bit = 0; bit < 12; bit++) {
      flipped.add(withFlipped(leaf, bit, leaf.memoryType()));
    }
    for (MemoryType type : MemoryType.values()) {
      if (type != leaf.memoryType()) {
        flipped.add(withFlipped(leaf, -1, type));
      }
    }
    return flipped;
  }

  private static Leaf withFlipped(Leaf leaf, int which, MemoryType type) {
    return new Leaf(
        leaf.read() ^ which == 0,
        leaf.write() ^ which == 1,
        leaf.execute() ^ which == 2,
        leaf.userExecute() ^ which == 3,
        type,
        leaf.ignorePat() ^ which == 4,
        leaf.accessed() ^ which == 5,
        leaf.dirty() ^ which == 6,
        leaf.verifyGuestPaging() ^ which == 7,
        leaf.pagingWrite() ^ which == 8,
        leaf.supervisorShadowStack() ^ which == 9,
        leaf.subPageWrite() ^ which == 10,
        leaf.suppressVe() ^ which == 11);
  }

  // ---- policies with something replaced

  private static Policy withMappings(Policy policy, UnaryOperator<Mapping> change) {
    return policy.withViews(
        policy.views().stream()
            .map(view -> view.withMappings(view.mappings().stream().map(change).toList()))
            .toList());
  }
}

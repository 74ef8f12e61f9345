package dev.postern.model;

import java.util.Optional;

/**
 * A run of guest-physical pages in one view, all with the same leaf bits.
 *
 * @param at where the policy says so
 * @param name unique in its view; derived from what is mapped where the policy gives none
 * @param gpa first guest-physical address, aligned to {@code pageSize}
 * @param la linear address under the view's lock; pages follow in the same order
 * @param size bytes, a positive multiple of {@code pageSize}
 * @param frames what is mapped, of the same size
 * @param perVcpu whether each vCPU has frames of its own
 * @param image content for roles TRAMPOLINE, CODE and CONSTANT
 * @param discloses what the view's code may tell the source by writing here
 */
public record Mapping(
    Location at,
    String name,
    Role role,
    Gpa gpa,
    La la,
    long size,
    PageSize pageSize,
    Frames frames,
    Leaf leaf,
    boolean perVcpu,
    Optional<CodeImage> image,
    Disclosure discloses) {

  public Mapping {
    long page = pageSize.bytes();
    if (size <= 0 || size % page != 0 || gpa.value() % page != 0 || frames.offset() % page != 0) {
      throw new IllegalArgumentException("mapping " + name + " is not aligned to its page size");
    }
    if (la.value() % PageSize.SMALL.bytes() != 0) {
      throw new IllegalArgumentException(
          "mapping " + name + ": linear address is not page aligned");
    }
    if (frames.size() != size) {
      throw new IllegalArgumentException("mapping " + name + ": frames and pages differ in size");
    }
    if (Long.compareUnsigned(gpa.value() + size - 1, gpa.value()) < 0
        || Long.compareUnsigned(la.value() + size - 1, la.value()) < 0) {
      throw new IllegalArgumentException("mapping " + name + " runs past 2^64");
    }
    if (image.isPresent() && image.get().bytes().size() != size) {
      throw new IllegalArgumentException("mapping " + name + ": image and pages differ in size");
    }
    if (discloses != Disclosure.NOTHING && !tells(role, leaf)) {
      throw new IllegalArgumentException("mapping " + name + ": the source is told nothing by it");
    }
  }

  private static boolean tells(Role role, Leaf leaf) {
    return role == Role.SOURCE_WINDOW && leaf.write();
  }

  /** The same with other leaf bits; where they do not let it be written, it discloses nothing. */
  public Mapping withLeaf(Leaf other) {
    Disclosure told = tells(role, other) ? discloses : Disclosure.NOTHING;
    return new Mapping(
        at, name, role, gpa, la, size, pageSize, frames, other, perVcpu, image, told);
  }

  /** The same with other content, of the same size. */
  public Mapping withImage(CodeImage other) {
    return new Mapping(
        at,
        name,
        role,
        gpa,
        la,
        size,
        pageSize,
        frames,
        leaf,
        perVcpu,
        Optional.of(other),
        discloses);
  }

  /** A mapping that discloses nothing. */
  public Mapping(
      Location at,
      String name,
      Role role,
      Gpa gpa,
      La la,
      long size,
      PageSize pageSize,
      Frames frames,
      Leaf leaf,
      boolean perVcpu,
      Optional<CodeImage> image) {
    this(at, name, role, gpa, la, size, pageSize, frames, leaf, perVcpu, image, Disclosure.NOTHING);
  }
}

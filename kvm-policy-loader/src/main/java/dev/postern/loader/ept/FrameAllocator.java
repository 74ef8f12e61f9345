package dev.postern.loader.ept;

import dev.postern.loader.host.FrameMap;
import dev.postern.model.Hpa;
import java.util.List;

/** Hands out frames of a pool in ascending order; never the same twice, never back. */
final class FrameAllocator {

  private final String pool;
  private final List<FrameMap.Extent> extents;
  private int current;
  private long used;

  FrameAllocator(String pool, List<FrameMap.Extent> extents) {
    this.pool = pool;
    this.extents = extents;
  }

  /** {@code size} contiguous bytes at a multiple of {@code alignment}. */
  Hpa take(long size, long alignment) throws BuildException {
    while (current < extents.size()) {
      FrameMap.Extent extent = extents.get(current);
      long start = (extent.host().value() + used + alignment - 1) & -alignment;
      if (start + size <= extent.end()) {
        used = start + size - extent.host().value();
        return new Hpa(start);
      }
      current++;
      used = 0;
    }
    throw new BuildException("the pool \"" + pool + "\" of the frame map is too small");
  }
}

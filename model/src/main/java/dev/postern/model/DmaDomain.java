package dev.postern.model;

import java.util.List;

/** Frames a device behind one IOMMU domain can reach; all of them count as writable by it. */
public record DmaDomain(Location at, String name, List<Frames> frames) {
  public DmaDomain {
    frames = List.copyOf(frames);
  }
}

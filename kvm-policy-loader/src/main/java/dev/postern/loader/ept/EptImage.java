package dev.postern.loader.ept;

import dev.postern.model.Bytes;
import dev.postern.model.Hpa;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is to stand in host memory: pages by host-physical address, and where in them the lists are.
 *
 * @param bundleId the bundle it was made from
 * @param planSha256 digest of the plan's canonical JSON
 * @param lists one for each source VM, or for each of its vCPUs
 * @param allocations where the loader's own runs of frames were put
 * @param pages 4-KiB pages: paging structures, lists, contents
 */
public record EptImage(
    String bundleId,
    String planSha256,
    List<EptpList> lists,
    List<Allocation> allocations,
    SortedMap<Hpa, Page> pages) {

  private static final long FRAME = 4096;
  private static final long PHYSICAL_LIMIT = 1L << 52;

  /** What a page is for. */
  public enum Kind {
    TABLE,
    LIST,
    CONTENT
  }

  /** 4096 bytes. */
  public record Page(Kind kind, Bytes bytes) {
    public Page {
      if (bytes.size() != FRAME) {
        throw new IllegalArgumentException("a page has 4096 bytes");
      }
    }
  }

  /**
   * An EPTP list.
   *
   * @param firstVcpu first virtual processor that uses it
   * @param vcpus how many, from the first on
   */
  public record EptpList(String vm, int firstVcpu, int vcpus, Hpa host) {
    public EptpList {
      requireFrame(host);
      if (firstVcpu < 0 || vcpus < 1) {
        throw new IllegalArgumentException("a list is used by a vCPU");
      }
    }
  }

  /** Frames the loader owns for one mapping (of one vCPU, where it has several). */
  public record Allocation(String view, String mapping, int vcpu, Hpa host, long size) {
    public Allocation {
      requireFrame(host);
      if (size <= 0 || size % FRAME != 0 || size > PHYSICAL_LIMIT - host.value()) {
        throw new IllegalArgumentException("an allocation is whole frames");
      }
    }
  }

  public EptImage {
    lists = List.copyOf(lists);
    allocations = List.copyOf(allocations);
    pages = Collections.unmodifiableSortedMap(new TreeMap<>(pages));
    pages.keySet().forEach(EptImage::requireFrame);
  }

  private static void requireFrame(Hpa host) {
    if (host.value() % FRAME != 0 || Long.compareUnsigned(host.value(), PHYSICAL_LIMIT) >= 0) {
      throw new IllegalArgumentException(host + " is not a host frame");
    }
  }
}

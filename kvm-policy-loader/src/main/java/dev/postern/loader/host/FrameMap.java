package dev.postern.loader.host;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.model.Hpa;
import dev.postern.model.PageSize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which host frames are whose, schema {@code postern.frames/1}: virtual machines' memory regions,
 * and two pools the host sets aside outside all of them. No frame is in two places, which is what
 * the proofs assume of frames with different owners.
 *
 * @param regions pieces of memory regions, each contiguous in host memory
 * @param loader for code and private state
 * @param tables for EPT paging structures and EPTP lists
 */
public record FrameMap(List<Region> regions, List<Extent> loader, List<Extent> tables) {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.frames/1";

  private static final long PAGE = PageSize.SMALL.bytes();

  /** Contiguous host memory. */
  public record Extent(Hpa host, long size) {
    public Extent {
      if (size <= 0 || (size | host.value()) % PAGE != 0) {
        throw new IllegalArgumentException("an extent is whole 4-KiB frames");
      }
      if (host.value() < 0 || host.value() + size - 1 < 0 || host.value() + size - 1 >= 1L << 52) {
        throw new IllegalArgumentException("an extent lies beyond 52 physical-address bits");
      }
    }

    /** First byte behind it. */
    public long end() {
      return host.value() + size;
    }
  }

  /** {@code extent} holds {@code region} of {@code vm} from {@code offset} on. */
  public record Region(String vm, String region, long offset, Extent extent) {
    public Region {
      if (offset < 0 || offset % PAGE != 0 || offset > (1L << 52) - extent.size()) {
        throw new IllegalArgumentException("an offset is a whole number of 4-KiB frames");
      }
    }
  }

  public FrameMap {
    regions = List.copyOf(regions);
    loader = List.copyOf(loader);
    tables = List.copyOf(tables);
    requireDisjointHost(regions, loader, tables);
    requireDisjointOffsets(regions);
  }

  public Json write() {
    return Json.object()
        .put("schema", SCHEMA)
        .put("regions", Json.array(regions, FrameMap::region))
        .put("loader", Json.array(loader, FrameMap::extent))
        .put("tables", Json.array(tables, FrameMap::extent))
        .build();
  }

  public byte[] canonical() {
    return JsonWriter.canonical(write());
  }

  public static FrameMap read(byte[] document) throws JsonException {
    Members in = Members.of(JsonReader.parse(document, JsonLimits.DEFAULT), "");
    in.constant("schema", SCHEMA);
    try {
      List<Region> regions = new ArrayList<>();
      for (Members region : in.objects("regions")) {
        regions.add(region(region));
      }
      List<Extent> loader = extents(in, "loader");
      List<Extent> tables = extents(in, "tables");
      in.end();
      return new FrameMap(regions, loader, tables);
    } catch (IllegalArgumentException e) {
      throw JsonException.mismatch("", String.valueOf(e.getMessage()));
    }
  }

  private static Json region(Region region) {
    return Json.object()
        .put("vm", region.vm())
        .put("region", region.region())
        .put("offset", Json.hex(region.offset()))
        .put("host", Json.hex(region.extent().host().value()))
        .put("size", Json.hex(region.extent().size()))
        .build();
  }

  private static Region region(Members in) throws JsonException {
    Region region =
        new Region(
            in.text("vm"),
            in.text("region"),
            in.hex("offset"),
            new Extent(new Hpa(in.hex("host")), in.hex("size")));
    in.end();
    return region;
  }

  private static Json extent(Extent extent) {
    return Json.object()
        .put("host", Json.hex(extent.host().value()))
        .put("size", Json.hex(extent.size()))
        .build();
  }

  private static List<Extent> extents(Members in, String name) throws JsonException {
    List<Extent> extents = new ArrayList<>();
    for (Members extent : in.objects(name)) {
      extents.add(new Extent(new Hpa(extent.hex("host")), extent.hex("size")));
      extent.end();
    }
    return extents;
  }

  private static void requireDisjointHost(
      List<Region> regions, List<Extent> loader, List<Extent> tables) {
    List<Extent> all = new ArrayList<>(loader);
    all.addAll(tables);
    regions.forEach(region -> all.add(region.extent()));
    all.sort(Comparator.comparing(Extent::host));
    for (int i = 1; i < all.size(); i++) {
      if (all.get(i - 1).end() > all.get(i).host().value()) {
        throw new IllegalArgumentException(
            "host frame " + all.get(i).host() + " is in two places of the frame map");
      }
    }
  }

  private static void requireDisjointOffsets(List<Region> regions) {
    List<Region> sorted =
        regions.stream()
            .sorted(
                Comparator.comparing(Region::vm)
                    .thenComparing(Region::region)
                    .thenComparingLong(Region::offset))
            .toList();
    for (int i = 1; i < sorted.size(); i++) {
      Region previous = sorted.get(i - 1);
      Region next = sorted.get(i);
      if (previous.vm().equals(next.vm())
          && previous.region().equals(next.region())
          && previous.offset() + previous.extent().size() > next.offset()) {
        throw new IllegalArgumentException(
            next.vm() + "." + next.region() + " has two frames for one offset");
      }
    }
  }
}

package dev.postern.loader.ept;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.model.Bytes;
import dev.postern.model.Hpa;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The container {@code postern.image/1} ({@code docs/image-format.md}): 16 bytes of magic, the
 * header's length as 8 bytes little-endian, the header in canonical JSON, zeros to the next
 * multiple of 4096, then the pages in ascending host order as the header lists them.
 */
public final class ImageFile {

  /** Value of the member {@code schema}, and with a newline the magic. */
  public static final String SCHEMA = "postern.image/1";

  private static final byte[] MAGIC = (SCHEMA + "\n").getBytes(StandardCharsets.US_ASCII);
  private static final int PAGE = 4096;
  private static final int PREFIX = 24;

  private ImageFile() {}

  public static byte[] write(EptImage image) {
    byte[] header = JsonWriter.canonical(header(image));
    int start = start(header.length);
    ByteBuffer file =
        ByteBuffer.allocate(Math.addExact(start, Math.multiplyExact(image.pages().size(), PAGE)))
            .order(ByteOrder.LITTLE_ENDIAN);
    file.put(MAGIC).putLong(header.length).put(header).position(start);
    image.pages().values().forEach(page -> file.put(page.bytes().toArray()));
    return file.array();
  }

  /** Reads what {@link #write} writes, and nothing else. */
  public static EptImage read(byte[] file) throws JsonException {
    if (file.length < PREFIX || !Arrays.equals(MAGIC, Arrays.copyOf(file, MAGIC.length))) {
      throw JsonException.mismatch("", "not a " + SCHEMA);
    }
    long length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(MAGIC.length);
    if (length < 0 || length > file.length - PREFIX) {
      throw JsonException.mismatch("", "the header runs past the end");
    }
    byte[] header = Arrays.copyOfRange(file, PREFIX, PREFIX + (int) length);
    EptImage image;
    try {
      image = image(Members.of(JsonReader.parse(header, JsonLimits.DEFAULT), ""), file, length);
    } catch (IllegalArgumentException e) {
      throw JsonException.mismatch("", String.valueOf(e.getMessage()));
    }
    if (!Arrays.equals(file, write(image))) {
      throw JsonException.mismatch("", "not in canonical form");
    }
    return image;
  }

  private static int start(int headerLength) {
    return (PREFIX + headerLength + PAGE - 1) & -PAGE;
  }

  private static Json header(EptImage image) {
    return Json.object()
        .put("schema", SCHEMA)
        .put("bundle", image.bundleId())
        .put("planSha256", image.planSha256())
        .put("lists", Json.array(image.lists(), ImageFile::list))
        .put("allocations", Json.array(image.allocations(), ImageFile::allocation))
        .put("pages", Json.array(runs(image), ImageFile::run))
        .put("pagesSha256", digest(image))
        .build();
  }

  private static EptImage image(Members in, byte[] file, long headerLength) throws JsonException {
    in.constant("schema", SCHEMA);
    String bundle = in.text("bundle");
    String plan = in.text("planSha256");
    List<EptImage.EptpList> lists = new ArrayList<>();
    for (Members list : in.objects("lists")) {
      lists.add(
          new EptImage.EptpList(
              list.text("vm"),
              list.integer("firstVcpu"),
              list.integer("vcpus"),
              new Hpa(list.hex("host"))));
      list.end();
    }
    List<EptImage.Allocation> allocations = new ArrayList<>();
    for (Members own : in.objects("allocations")) {
      allocations.add(
          new EptImage.Allocation(
              own.text("view"),
              own.text("mapping"),
              own.integer("vcpu"),
              new Hpa(own.hex("host")),
              own.hex("size")));
      own.end();
    }
    SortedMap<Hpa, EptImage.Page> pages = new TreeMap<>();
    int at = start((int) headerLength);
    for (Members run : in.objects("pages")) {
      EptImage.Kind kind = run.word("kind", EptImage.Kind.class);
      long host = run.hex("host");
      int count = run.integer("count");
      run.end();
      if (count < 1 || count > (file.length - at) / PAGE) {
        throw run.refuse("count", "more pages than the file has");
      }
      for (int i = 0; i < count; i++, at += PAGE) {
        Bytes page = Bytes.of(Arrays.copyOfRange(file, at, at + PAGE));
        pages.put(new Hpa(host + (long) i * PAGE), new EptImage.Page(kind, page));
      }
    }
    String sha256 = in.text("pagesSha256");
    in.end();
    EptImage image = new EptImage(bundle, plan, lists, allocations, pages);
    if (!sha256.equals(digest(image))) {
      throw in.refuse("pagesSha256", "not the digest of the pages");
    }
    return image;
  }

  private static Json list(EptImage.EptpList list) {
    return Json.object()
        .put("vm", list.vm())
        .put("firstVcpu", list.firstVcpu())
        .put("vcpus", list.vcpus())
        .put("host", Json.hex(list.host().value()))
        .build();
  }

  private static Json allocation(EptImage.Allocation own) {
    return Json.object()
        .put("view", own.view())
        .put("mapping", own.mapping())
        .put("vcpu", own.vcpu())
        .put("host", Json.hex(own.host().value()))
        .put("size", Json.hex(own.size()))
        .build();
  }

  /** Consecutive pages of one kind. */
  private record PageRun(EptImage.Kind kind, Hpa host, int count) {}

  private static List<PageRun> runs(EptImage image) {
    List<PageRun> runs = new ArrayList<>();
    for (Map.Entry<Hpa, EptImage.Page> page : image.pages().entrySet()) {
      EptImage.Kind kind = page.getValue().kind();
      if (!runs.isEmpty()) {
        PageRun last = runs.getLast();
        if (last.kind() == kind
            && last.host().plus((long) last.count() * PAGE).equals(page.getKey())) {
          runs.set(runs.size() - 1, new PageRun(kind, last.host(), last.count() + 1));
          continue;
        }
      }
      runs.add(new PageRun(kind, page.getKey(), 1));
    }
    return runs;
  }

  private static Json run(PageRun run) {
    return Json.object()
        .put("kind", Members.word(run.kind()))
        .put("host", Json.hex(run.host().value()))
        .put("count", run.count())
        .build();
  }

  private static String digest(EptImage image) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      image.pages().values().forEach(page -> sha256.update(page.bytes().toArray()));
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}

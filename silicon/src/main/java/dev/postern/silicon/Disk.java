package dev.postern.silicon;

import dev.postern.loader.host.FrameMap;
import dev.postern.model.Control;
import dev.postern.model.Hpa;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import dev.postern.x86.Segment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The disk the emulator boots: boot sector, hypervisor, then images, each with its trials ({@code
 * hypervisor.c}).
 */
final class Disk {

  private static final int SECTOR = 512;
  private static final int BLOB = 128 * SECTOR;
  private static final int CYLINDER = 16 * 63 * SECTOR;
  private static final int HEADER = 512;
  private static final int RECORD = 64 + 32 + 16 + 72 + 128 + 16;
  private static final int CONTENT = 32;
  private static final int STEP = 1;
  private static final int CR3_FREE = 2;
  private static final int PAGES = 8;
  private static final int PAGE = 4096;

  private Disk() {}

  static byte[] of(byte[] boot, byte[] hypervisor, List<Emulator.Load> loads)
      throws SiliconException {
    if (boot.length != SECTOR || hypervisor.length > 64 * SECTOR) {
      throw new IllegalArgumentException("the hypervisor does not fit its sectors");
    }
    List<byte[]> blobs = new ArrayList<>();
    int size = BLOB;
    for (Emulator.Load load : loads) {
      byte[] blob = blob(load.image().toArray(), load.host(), load.trials());
      blobs.add(blob);
      size += blob.length;
    }
    // A sector of zeros tells the last of them.
    size = (size + SECTOR + CYLINDER - 1) / CYLINDER * CYLINDER;
    ByteBuffer disk = ByteBuffer.allocate(size);
    disk.put(boot).put(hypervisor).position(BLOB);
    blobs.forEach(disk::put);
    return disk.array();
  }

  /** In whole sectors; offsets are from its beginning. */
  private static byte[] blob(byte[] image, Host host, List<Trial> trials) throws SiliconException {
    List<List<Trial.Content>> contents = new ArrayList<>();
    long bytes = 0;
    long entries = 0;
    long pages = 0;
    for (Trial trial : trials) {
      List<Trial.Content> own = contents(host, trial);
      contents.add(own);
      entries += own.size();
      pages += trial.pages().map(Set::size).orElse(0);
      for (Trial.Content content : own) {
        bytes += content.bytes().length;
      }
    }
    long ranges = HEADER;
    long records = ranges + 16L * host.memory().size();
    long table = records + (long) RECORD * trials.size();
    long pagesAt = table + CONTENT * entries;
    long data = pagesAt + Long.BYTES * pages;
    long imageAt = data + bytes + 4095 & -4096L;
    long size = imageAt + image.length;
    if (size > 48L << 20) {
      throw new SiliconException("more trials than the disk holds");
    }
    int whole = Math.toIntExact((size + SECTOR - 1) / SECTOR * SECTOR);
    ByteBuffer blob = ByteBuffer.allocate(whole).order(ByteOrder.LITTLE_ENDIAN);
    blob.put("PSTNSIL1".getBytes(StandardCharsets.US_ASCII));
    blob.putInt(trials.size()).putInt(host.memory().size()).putLong(size);
    blob.putLong(imageAt).putLong(image.length).putLong(records).putLong(ranges);
    blob.position(HEADER);
    for (FrameMap.Extent extent : host.memory()) {
      blob.putLong(extent.host().value()).putLong(extent.size());
    }
    int tableAt = (int) table;
    int pageAt = (int) pagesAt;
    int dataAt = (int) data;
    for (int i = 0; i < trials.size(); i++) {
      blob.position((int) records + i * RECORD);
      record(blob, host, trials.get(i), contents.get(i).size(), tableAt, pageAt);
      for (Trial.Content content : contents.get(i)) {
        blob.position(tableAt);
        byte[] own = content.bytes();
        blob.putLong(content.host().value()).putLong(own.length).putLong(dataAt);
        blob.putLong(content.when());
        tableAt += CONTENT;
        blob.position(dataAt);
        blob.put(own);
        dataAt += own.length;
      }
      blob.position(pageAt);
      for (Hpa page : trials.get(i).pages().orElse(Set.of())) {
        blob.putLong(page.value());
      }
      pageAt = blob.position();
    }
    blob.position((int) imageAt);
    blob.put(image);
    return blob.array();
  }

  /** Guest tables first; of two contents at one address the later one holds. */
  private static List<Trial.Content> contents(Host host, Trial trial) throws SiliconException {
    Scenario start = trial.start();
    List<Trial.Content> all = new ArrayList<>();
    for (Map.Entry<Hpa, byte[]> page : tables(host, trial).pages().entrySet()) {
      all.add(new Trial.Content(page.getKey(), page.getValue()));
    }
    for (Counterexample.Content content : start.memory()) {
      byte[] bytes = HexFormat.of().parseHex(content.bytes());
      long gpa = Long.parseUnsignedLong(content.gpa().substring(2), 16);
      for (int i = 0; i < bytes.length; i++) {
        Hpa at = host.host(start.vm(), content.view(), gpa + i);
        all.add(new Trial.Content(at, new byte[] {bytes[i]}));
      }
    }
    all.addAll(trial.contents());
    for (Trial.Content content : all) {
      if (content.host().value() >= Host.END) {
        throw new SiliconException("nothing is behind host address " + content.host());
      }
    }
    return all.stream().flatMap(Disk::byPage).toList();
  }

  /** The hypervisor takes contents back by their page. */
  private static Stream<Trial.Content> byPage(Trial.Content content) {
    List<Trial.Content> pieces = new ArrayList<>();
    byte[] bytes = content.bytes();
    for (int from = 0; from < bytes.length; ) {
      Hpa at = content.host().plus(from);
      int to = Math.min(bytes.length, from + PAGE - (int) (at.value() % PAGE));
      pieces.add(new Trial.Content(at, Arrays.copyOfRange(bytes, from, to), content.when()));
      from = to;
    }
    return pieces.stream();
  }

  private static Tables tables(Host host, Trial trial) throws SiliconException {
    return trial.tables().isPresent()
        ? trial.tables().get()
        : GuestTables.of(host, trial.start().vm());
  }

  private static void record(
      ByteBuffer disk, Host host, Trial trial, int contents, long table, long pages)
      throws SiliconException {
    Scenario start = trial.start();
    byte[] name = trial.name().getBytes(StandardCharsets.US_ASCII);
    disk.put(name).position(disk.position() + 64 - name.length);
    boolean cr3Exits = host.policy().vm(start.vm()).orElseThrow().controls().holds(Control.K7);
    disk.putInt(
        (trial.steps() > 0 ? STEP : 0)
            | (cr3Exits ? 0 : CR3_FREE)
            | (trial.pages().isPresent() ? PAGES : 0));
    disk.putInt(start.view()).putInt(host.list(start.vm()));
    disk.putInt(start.cs()).putInt(start.mode().bits()).putInt(contents);
    disk.putInt(trial.steps()).putInt(trial.pages().map(Set::size).orElse(0));
    disk.putLong(table).putLong(pages);
    disk.putLong(tables(host, trial).root());
    long codeBase = start.mode() == Mode.BITS16 ? start.rip() & -0x10000L : 0;
    disk.putLong(start.rip() - codeBase).putLong(start.rflags());
    disk.putLong(start.bases().getOrDefault(Segment.FS, 0L));
    disk.putLong(start.bases().getOrDefault(Segment.GS, 0L));
    disk.putLong(codeBase);
    for (Segment segment : List.of(Segment.DS, Segment.ES, Segment.SS)) {
      disk.putLong(start.bases().getOrDefault(segment, 0L));
    }
    for (int number = 0; number < 16; number++) {
      disk.putLong(start.gprs().getOrDefault(Gpr.of(number), 0L));
    }
    for (int i = 0; i < 2; i++) {
      disk.putLong(i < trial.watch().size() ? trial.watch().get(i).value() : 0);
    }
  }
}

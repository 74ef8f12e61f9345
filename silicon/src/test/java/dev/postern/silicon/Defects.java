package dev.postern.silicon;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Ways in which an installer may get {@code pinned.postern}'s image wrong, each one by itself. */
final class Defects {

  private static final long FRAME = 0x000f_ffff_ffff_f000L;
  private static final long READ = 1;
  private static final long WRITE = 2;
  private static final long EXECUTE = 4;

  private final byte[] image;
  private final int pages;

  Defects(Scene scene) {
    this.image = scene.host.imageFile();
    int header = (int) ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).getLong(16);
    this.pages = 24 + header + 4095 & -4096;
  }

  /** The image with each defect, by its name. */
  Map<String, byte[]> all() {
    Map<String, byte[]> all = new LinkedHashMap<>();
    all.put("trampoline writable in the default view", leaf(0, 0x1000, entry -> entry | WRITE));
    all.put("trampoline not executable in the view", leaf(1, 0x1000, entry -> entry & ~EXECUTE));
    all.put("trampoline not executable by the guest", leaf(0, 0x1000, entry -> entry & ~EXECUTE));
    all.put("protected code not executable", leaf(1, 0x2000, entry -> entry & ~EXECUTE));
    all.put("private stack read-only", leaf(1, 0x3000, entry -> entry & ~WRITE));
    all.put("source's page not readable", leaf(1, 0x5000, entry -> entry & ~READ));
    all.put("destination's page read-only", leaf(1, 0x6000, entry -> entry & ~WRITE));
    all.put("destination's page missing", leaf(1, 0x6000, _ -> 0L));
    all.put("destination's page write-only", leaf(1, 0x6000, entry -> entry & ~READ));
    all.put("destination's page and the source's the same frame", frameOf(0x6000, 0x5000));
    all.put("private stack in the destination's frame", frameOf(0x3000, 0x6000));
    all.put("paging structures writable in the default view", leaf(0, 0x7000, e -> e | WRITE));
    all.put("paging structures missing in the view", leaf(1, 0x7000, _ -> 0L));
    all.put("a list slot more", list(list -> list.putLong(5 * 8, list.getLong(8))));
    all.put("the view's slot empty", list(list -> list.putLong(8, 0)));
    all.put("the two slots exchanged", list(Defects::exchange));
    all.put("walk length of another EPT", list(list -> list.putLong(8, list.getLong(8) & ~0x38L)));
    all.put("protected code in the default view", shared(0x2000, READ | EXECUTE));
    all.put("destination's page in the default view", shared(0x6000, READ));
    all.put("no look at ECX behind the first VMFUNC", code("83f9017518", "9090909090"));
    all.put("no look at ECX behind the second VMFUNC", code("85c97506", "85c99090"));
    return all;
  }

  private static void exchange(ByteBuffer list) {
    long first = list.getLong(0);
    list.putLong(0, list.getLong(8));
    list.putLong(8, first);
  }

  private ByteBuffer copy() {
    return ByteBuffer.wrap(image.clone()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Where in the file the page at {@code host} stands: the header lists the runs in order. */
  private int offset(long host) {
    String header = new String(image, 24, pages - 24, StandardCharsets.US_ASCII);
    String runs = header.substring(header.indexOf("\"pages\":["));
    int at = pages;
    for (String run : runs.substring(0, runs.indexOf(']')).split("\\}")) {
      if (run.contains("\"count\":")) {
        long count = Long.parseLong(word(run, "\"count\":", ","));
        long first = Long.parseUnsignedLong(word(run, "\"host\":\"0x", "\""), 16);
        if (host >= first && host < first + 4096 * count) {
          return at + (int) (host - first);
        }
        at += (int) (4096 * count);
      }
    }
    throw new IllegalArgumentException("the image has no page at 0x" + Long.toHexString(host));
  }

  private static String word(String text, String before, String after) {
    int from = text.indexOf(before) + before.length();
    int to = text.indexOf(after, from);
    return text.substring(from, to < 0 ? text.length() : to);
  }

  private int listAt() {
    String header = new String(image, 24, pages - 24, StandardCharsets.US_ASCII);
    String lists = header.substring(header.indexOf("\"lists\":["));
    return offset(Long.parseUnsignedLong(word(lists, "\"host\":\"0x", "\""), 16));
  }

  private byte[] list(java.util.function.Consumer<ByteBuffer> change) {
    ByteBuffer changed = copy();
    change.accept(changed.slice(listAt(), 4096).order(ByteOrder.LITTLE_ENDIAN));
    return changed.array();
  }

  /** File offset of the leaf for {@code gpa} in the view of list slot {@code index}. */
  private int leafAt(int index, long gpa) {
    ByteBuffer file = copy();
    long table = file.getLong(listAt() + 8 * index) & FRAME;
    for (int level = 4; level > 1; level--) {
      int at = offset(table) + 8 * (int) (gpa >>> (12 + 9 * (level - 1)) & 511);
      table = file.getLong(at) & FRAME;
    }
    return offset(table) + 8 * (int) (gpa >>> 12 & 511);
  }

  private byte[] leaf(int index, long gpa, UnaryOperator<Long> change) {
    ByteBuffer changed = copy();
    int at = leafAt(index, gpa);
    changed.putLong(at, change.apply(changed.getLong(at)));
    if (Arrays.equals(changed.array(), image)) {
      throw new IllegalStateException("no defect at gpa 0x" + Long.toHexString(gpa));
    }
    return changed.array();
  }

  private byte[] frameOf(long gpa, long other) {
    long frame = copy().getLong(leafAt(1, other)) & FRAME;
    return leaf(1, gpa, entry -> entry & ~FRAME | frame);
  }

  /** The view's page in the default view as well. */
  private byte[] shared(long gpa, long permissions) {
    long entry = copy().getLong(leafAt(1, gpa));
    return leaf(0, gpa, _ -> entry & ~7L | permissions);
  }

  /** Other bytes in the code. */
  private byte[] code(String bytes, String other) {
    byte[] from = java.util.HexFormat.of().parseHex(bytes);
    byte[] changed = image.clone();
    List<Integer> found = new ArrayList<>();
    for (int at = pages; at + from.length <= changed.length; at++) {
      if (Arrays.equals(changed, at, at + from.length, from, 0, from.length)) {
        found.add(at);
      }
    }
    if (found.size() != 1) {
      throw new IllegalStateException(bytes + " stands " + found.size() + " times");
    }
    byte[] to = java.util.HexFormat.of().parseHex(other);
    System.arraycopy(to, 0, changed, found.getFirst(), to.length);
    return changed;
  }
}

package dev.postern.loader.kvm;

import dev.postern.loader.install.Presence;
import dev.postern.loader.kvm.Abi.Call;
import dev.postern.model.Mapping;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** {@code /dev/postern}: one open file is one installation in the making. */
final class PosternDevice implements AutoCloseable {

  private static final long PAGE = 4096;

  static final String PATH = "/dev/postern";

  /** What STATUS tells of one installation. */
  record Entry(int state, long revoked, long violations, String bundleId, String planSha256) {}

  /** How a call is made: {@link Linux#ioctl}, or, in a test, one that goes wrong. */
  interface Calls {
    void ioctl(String name, int fd, int request, MemorySegment argument) throws IOException;
  }

  private final int fd;
  private final Calls calls;

  private PosternDevice(int fd, Calls calls) {
    this.fd = fd;
    this.calls = calls;
  }

  static PosternDevice open(Calls calls) throws IOException {
    PosternDevice device = new PosternDevice(Linux.open(PATH), calls);
    try (Arena arena = Arena.ofConfined()) {
      int abi = device.info(arena).get(ValueLayout.JAVA_INT, Call.INFO.offset("abi"));
      if (abi != Abi.VERSION) {
        throw new IOException(PATH + " speaks version " + abi + ", this loader " + Abi.VERSION);
      }
      return device;
    } catch (IOException e) {
      device.close();
      throw e;
    }
  }

  private MemorySegment info(Arena arena) throws IOException {
    MemorySegment info = structure(arena, Call.INFO);
    call(Call.INFO, info);
    return info;
  }

  /** The processor's words and what the module attests. */
  KernelInfo info() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = info(arena);
      return new KernelInfo(
          word(info, Call.INFO, "attested"),
          word(info, Call.INFO, "enforceable"),
          word(info, Call.INFO, "ept_vpid_cap"),
          word(info, Call.INFO, "procbased2"),
          word(info, Call.INFO, "procbased3"),
          word(info, Call.INFO, "vmfunc"),
          word(info, Call.INFO, "arch_capabilities"),
          half(info, Call.INFO, "cpuid_7_0_ebx"),
          half(info, Call.INFO, "cpuid_7_0_ecx"),
          half(info, Call.INFO, "cpuid_7_0_edx"),
          half(info, Call.INFO, "cpuid_7_1_eax"),
          half(info, Call.INFO, "cpuid_7_1_edx"),
          half(info, Call.INFO, "phys_bits"));
    }
  }

  /**
   * Begins.
   *
   * @param views slots of the list that may be declared
   */
  void create(int vmFd, int vcpus, int views, Demands demands, String bundleId, String planSha256)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment create = structure(arena, Call.CREATE);
      put(create, Call.CREATE, "vm_fd", vmFd);
      put(create, Call.CREATE, "vcpus", vcpus);
      put(create, Call.CREATE, "views", views);
      put(create, Call.CREATE, "profile", demands.profile());
      put(create, Call.CREATE, "exceptions", demands.exceptions());
      put(create, Call.CREATE, "range_first", demands.first());
      put(create, Call.CREATE, "range_last", demands.last());
      bytes(create, Call.CREATE, "bundle_id", bundleId);
      bytes(create, Call.CREATE, "plan_sha256", planSha256);
      call(Call.CREATE, create);
    }
  }

  /** Contiguous frames of the module's; the answer is where they are. */
  long alloc(int kind, int pages) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment alloc = structure(arena, Call.ALLOC);
      put(alloc, Call.ALLOC, "kind", kind);
      put(alloc, Call.ALLOC, "pages", pages);
      call(Call.ALLOC, alloc);
      return word(alloc, Call.ALLOC, "hpa");
    }
  }

  /** Pins guest memory; the answer is where each page is. */
  long[] pin(int vmFd, long gpa, int pages, boolean write) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment hpas = arena.allocate(ValueLayout.JAVA_LONG, pages);
      MemorySegment pin = structure(arena, Call.PIN);
      put(pin, Call.PIN, "vm_fd", vmFd);
      put(pin, Call.PIN, "gpa", gpa);
      put(pin, Call.PIN, "pages", pages);
      put(pin, Call.PIN, "write", write ? 1 : 0);
      put(pin, Call.PIN, "hpas", hpas.address());
      call(Call.PIN, pin);
      return hpas.toArray(ValueLayout.JAVA_LONG);
    }
  }

  /** Copies a page into a frame of the module's, which hashes the copy. */
  void write(long hpa, byte[] page, String sha256) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_BYTE, page);
      MemorySegment write = structure(arena, Call.WRITE_PAGES);
      put(write, Call.WRITE_PAGES, "pages", (int) (page.length / PAGE));
      put(write, Call.WRITE_PAGES, "hpa", hpa);
      put(write, Call.WRITE_PAGES, "source", source.address());
      bytes(write, Call.WRITE_PAGES, "sha256", sha256);
      call(Call.WRITE_PAGES, write);
    }
  }

  /**
   * Has the module hold {@code pinned-pt}: no linear address but theirs leads to these pages.
   *
   * @param pages those of the machine's protected views
   */
  void lock(List<Mapping> pages) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ranges = arena.allocate(ValueLayout.JAVA_LONG, 3L * pages.size());
      long at = 0;
      for (Mapping mapping : pages) {
        ranges.setAtIndex(ValueLayout.JAVA_LONG, at++, mapping.la().value());
        ranges.setAtIndex(ValueLayout.JAVA_LONG, at++, mapping.gpa().value());
        ranges.setAtIndex(ValueLayout.JAVA_LONG, at++, mapping.size() / PAGE);
      }
      MemorySegment lock = structure(arena, Call.LOCK);
      put(lock, Call.LOCK, "ranges", pages.size());
      put(lock, Call.LOCK, "at", ranges.address());
      call(Call.LOCK, lock);
    }
  }

  /** Has the module walk every hierarchy; nothing can be written afterwards. */
  void seal(long... lists) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment hpas = arena.allocateFrom(ValueLayout.JAVA_LONG, lists);
      MemorySegment seal = structure(arena, Call.SEAL);
      put(seal, Call.SEAL, "lists", lists.length);
      put(seal, Call.SEAL, "list_hpas", hpas.address());
      call(Call.SEAL, seal);
    }
  }

  /**
   * Takes effect, in one step for all vCPUs.
   *
   * @param replaces the bundle whose place it takes if the machine has that; absent where it may
   *     have none
   */
  void activate(int timeoutMillis, Optional<String> replaces) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment activate = structure(arena, Call.ACTIVATE);
      put(activate, Call.ACTIVATE, "timeout_ms", timeoutMillis);
      if (replaces.isPresent()) {
        bytes(activate, Call.ACTIVATE, "replaces", replaces.get());
      }
      try {
        call(Call.ACTIVATE, activate);
      } catch (Linux.Errno e) {
        long missing = word(activate, Call.ACTIVATE, "missing");
        throw missing == 0 ? e : new IOException(missing(missing), e);
      }
    }
  }

  private static String missing(long bits) {
    List<String> missing = new ArrayList<>();
    for (int k = 1; k <= 20; k++) {
      if ((bits >>> (k - 1) & 1) != 0) {
        missing.add("K" + k);
      }
    }
    if ((bits >>> Abi.PINNED_PT & 1) != 0) {
      missing.add("pinned-pt (its paging structures lead elsewhere, or a view may write them)");
    }
    return "the machine runs without what was demanded: " + String.join(", ", missing);
  }

  Optional<Entry> status(int index) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = structure(arena, Call.STATUS);
      put(status, Call.STATUS, "index", index);
      call(Call.STATUS, status);
      return Optional.of(
          new Entry(
              half(status, Call.STATUS, "state"),
              word(status, Call.STATUS, "revoked"),
              word(status, Call.STATUS, "violations"),
              hex(status, Call.STATUS, "bundle_id", Abi.BUNDLE_ID),
              hex(status, Call.STATUS, "plan_sha256", Abi.DIGEST)));
    } catch (Linux.Errno e) {
      if (e.number() == Linux.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** What the kernel has of a bundle. */
  Presence presence(String bundleId, String planSha256) throws IOException {
    for (int i = 0; ; i++) {
      Optional<Entry> entry = status(i);
      if (entry.isEmpty()) {
        return Presence.ABSENT;
      }
      if (entry.get().bundleId().equals(bundleId)) {
        return entry.get().state() == Abi.STATE_ACTIVE
                && entry.get().planSha256().equals(planSha256)
            ? Presence.PRESENT
            : Presence.OTHER;
      }
    }
  }

  void remove(String bundleId, int timeoutMillis) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment remove = structure(arena, Call.REMOVE);
      put(remove, Call.REMOVE, "timeout_ms", timeoutMillis);
      bytes(remove, Call.REMOVE, "bundle_id", bundleId);
      call(Call.REMOVE, remove);
    }
  }

  @Override
  public void close() {
    Linux.close(fd);
  }

  private void call(Call call, MemorySegment argument) throws IOException {
    calls.ioctl(call.layout().name().orElse("ioctl"), fd, call.request(), argument);
  }

  private static MemorySegment structure(Arena arena, Call call) {
    MemorySegment structure = arena.allocate(call.layout());
    structure.set(ValueLayout.JAVA_INT, 0, (int) call.layout().byteSize());
    return structure;
  }

  private static void put(MemorySegment structure, Call call, String field, int value) {
    structure.set(ValueLayout.JAVA_INT, call.offset(field), value);
  }

  private static void put(MemorySegment structure, Call call, String field, long value) {
    structure.set(ValueLayout.JAVA_LONG, call.offset(field), value);
  }

  private static int half(MemorySegment structure, Call call, String field) {
    return structure.get(ValueLayout.JAVA_INT, call.offset(field));
  }

  private static long word(MemorySegment structure, Call call, String field) {
    return structure.get(ValueLayout.JAVA_LONG, call.offset(field));
  }

  private static void bytes(MemorySegment structure, Call call, String field, String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    MemorySegment.copy(
        bytes, 0, structure, ValueLayout.JAVA_BYTE, call.offset(field), bytes.length);
  }

  private static String hex(MemorySegment structure, Call call, String field, int length) {
    byte[] bytes = structure.asSlice(call.offset(field), length).toArray(ValueLayout.JAVA_BYTE);
    return HexFormat.of().formatHex(bytes);
  }
}

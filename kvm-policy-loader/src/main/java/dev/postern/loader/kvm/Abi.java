package dev.postern.loader.kvm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.util.List;

/** The structures and call numbers of {@code kernel/postern_abi.h}, version 2. */
final class Abi {

  static final int VERSION = 3;
  static final int TABLE = 1;
  static final int PRIVATE = 3;
  static final int STATE_ACTIVE = 1;
  static final int STATE_KILLED = 3;
  static final int DIGEST = 32;
  static final int BUNDLE_ID = 48;

  /** Largest contiguous run of owned frames, and of pages in one call to pin. */
  static final int MAX_ALLOC = 1024;

  static final int MAX_PIN = 65536;

  /** Bit of what is attested and missing: the lock of that name. */
  static final int PINNED_PT = 44;

  private static final int MAGIC = 0xb7;
  private static final int WRITE = 1;
  private static final int READ = 2;

  /** One call: its number, what it may do with its structure, and the structure. */
  @SuppressWarnings("ImmutableEnumChecker") // a layout is immutable, and not annotated so
  enum Call {
    INFO(
        0,
        READ | WRITE,
        struct(
            "postern_info",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("abi"),
            JAVA_LONG.withName("attested"),
            JAVA_LONG.withName("enforceable"),
            JAVA_LONG.withName("ept_vpid_cap"),
            JAVA_LONG.withName("procbased2"),
            JAVA_LONG.withName("procbased3"),
            JAVA_LONG.withName("vmfunc"),
            JAVA_LONG.withName("arch_capabilities"),
            JAVA_INT.withName("cpuid_7_0_ebx"),
            JAVA_INT.withName("cpuid_7_0_ecx"),
            JAVA_INT.withName("cpuid_7_0_edx"),
            JAVA_INT.withName("cpuid_7_1_eax"),
            JAVA_INT.withName("cpuid_7_1_edx"),
            JAVA_INT.withName("phys_bits"))),
    CREATE(
        1,
        WRITE,
        struct(
            "postern_create",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("vm_fd"),
            JAVA_INT.withName("vcpus"),
            JAVA_INT.withName("views"),
            JAVA_LONG.withName("profile"),
            JAVA_INT.withName("exceptions"),
            JAVA_INT.withName("reserved"),
            JAVA_LONG.withName("range_first"),
            JAVA_LONG.withName("range_last"),
            bytes(BUNDLE_ID, "bundle_id"),
            bytes(DIGEST, "plan_sha256"))),
    ALLOC(
        2,
        READ | WRITE,
        struct(
            "postern_alloc",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("kind"),
            JAVA_INT.withName("pages"),
            JAVA_INT.withName("reserved"),
            JAVA_LONG.withName("hpa"))),
    PIN(
        3,
        READ | WRITE,
        struct(
            "postern_pin",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("vm_fd"),
            JAVA_LONG.withName("gpa"),
            JAVA_INT.withName("pages"),
            JAVA_INT.withName("write"),
            JAVA_LONG.withName("hpas"))),
    WRITE_PAGES(
        4,
        WRITE,
        struct(
            "postern_write",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("pages"),
            JAVA_LONG.withName("hpa"),
            JAVA_LONG.withName("source"),
            bytes(DIGEST, "sha256"))),
    SEAL(
        5,
        READ | WRITE,
        struct(
            "postern_seal",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("lists"),
            JAVA_LONG.withName("list_hpas"),
            JAVA_LONG.withName("where"))),
    ACTIVATE(
        6,
        READ | WRITE,
        struct(
            "postern_activate",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("timeout_ms"),
            JAVA_LONG.withName("missing"),
            bytes(BUNDLE_ID, "replaces"))),
    STATUS(
        7,
        READ | WRITE,
        struct(
            "postern_status",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("index"),
            JAVA_INT.withName("state"),
            JAVA_INT.withName("vcpus"),
            JAVA_LONG.withName("revoked"),
            JAVA_LONG.withName("violations"),
            JAVA_INT.withName("pid"),
            JAVA_INT.withName("reserved"),
            bytes(BUNDLE_ID, "bundle_id"),
            bytes(DIGEST, "plan_sha256"))),
    REMOVE(
        8,
        WRITE,
        struct(
            "postern_remove",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("timeout_ms"),
            bytes(BUNDLE_ID, "bundle_id"))),
    LOCK(
        9,
        WRITE,
        struct(
            "postern_lock",
            JAVA_INT.withName("size"),
            JAVA_INT.withName("ranges"),
            JAVA_LONG.withName("at")));

    private final int number;
    private final int direction;
    private final StructLayout layout;

    Call(int number, int direction, StructLayout layout) {
      this.number = number;
      this.direction = direction;
      this.layout = layout;
    }

    StructLayout layout() {
      return layout;
    }

    /** The request of ioctl(2), as {@code _IOC} of {@code asm-generic/ioctl.h} makes it. */
    int request() {
      return direction << 30 | (int) layout.byteSize() << 16 | MAGIC << 8 | number;
    }

    long offset(String field) {
      return layout.byteOffset(PathElement.groupElement(field));
    }

    /** Names of the structure's fields, in order. */
    List<String> fields() {
      return layout.memberLayouts().stream().map(member -> member.name().orElseThrow()).toList();
    }
  }

  private Abi() {}

  private static StructLayout struct(String name, MemoryLayout... members) {
    return MemoryLayout.structLayout(members).withName(name);
  }

  private static MemoryLayout bytes(int length, String name) {
    return MemoryLayout.sequenceLayout(length, JAVA_BYTE).withName(name);
  }
}

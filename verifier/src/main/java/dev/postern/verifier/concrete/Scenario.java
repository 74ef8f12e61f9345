package dev.postern.verifier.concrete;

import static java.util.stream.Collectors.joining;

import dev.postern.model.report.Counterexample;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import dev.postern.x86.Segment;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Where a run starts and what the attacker has prepared.
 *
 * @param vm the source VM
 * @param view EPTP-list index in force
 * @param rip linear address of the first instruction
 * @param gprs registers; those missing are zero
 * @param rflags bits of {@link dev.postern.x86.Flag}
 * @param cs selector of CS; its low two bits are the CPL
 * @param bases segment bases; those missing are zero
 * @param circumstances what the hypervisor and the guest's vector state do on the way
 */
public record Scenario(
    String vm,
    int view,
    Mode mode,
    long rip,
    Map<Gpr, Long> gprs,
    long rflags,
    int cs,
    Map<Segment, Long> bases,
    List<Counterexample.PageEntry> paging,
    List<Counterexample.Content> memory,
    List<Counterexample.Content> fetches,
    Set<Circumstance> circumstances) {

  /** A kernel code selector, ring 0. */
  public static final int KERNEL_CS = 0x10;

  /** Bit 1, which is always set. */
  public static final long CLEAN_RFLAGS = 0x2;

  private static final String CIRCUMSTANCES = "circumstances";

  public Scenario {
    Map<Gpr, Long> registers = new EnumMap<>(Gpr.class);
    registers.putAll(gprs);
    gprs = registers;
    Map<Segment, Long> segments = new EnumMap<>(Segment.class);
    segments.putAll(bases);
    bases = segments;
    paging = List.copyOf(paging);
    memory = List.copyOf(memory);
    fetches = List.copyOf(fetches);
    circumstances = Set.copyOf(circumstances);
  }

  /** A start under no particular circumstances: a VMCALL ends the run, and SSE is masked. */
  public Scenario(
      String vm,
      int view,
      Mode mode,
      long rip,
      Map<Gpr, Long> gprs,
      long rflags,
      int cs,
      Map<Segment, Long> bases,
      List<Counterexample.PageEntry> paging,
      List<Counterexample.Content> memory,
      List<Counterexample.Content> fetches) {
    this(vm, view, mode, rip, gprs, rflags, cs, bases, paging, memory, fetches, Set.of());
  }

  /** The same start under these circumstances. */
  public Scenario under(Set<Circumstance> others) {
    return new Scenario(
        vm, view, mode, rip, gprs, rflags, cs, bases, paging, memory, fetches, others);
  }

  /** A 64-bit ring-0 start with no preparation. */
  public static Scenario at(String vm, int view, long rip, Map<Gpr, Long> gprs) {
    return new Scenario(
        vm,
        view,
        Mode.BITS64,
        rip,
        gprs,
        CLEAN_RFLAGS,
        KERNEL_CS,
        Map.of(),
        List.of(),
        List.of(),
        List.of());
  }

  /** The registers as a counterexample writes them; zero registers are left out. */
  public Map<String, String> start() {
    Map<String, String> start = new LinkedHashMap<>();
    start.put("vm", vm);
    start.put("view", Integer.toString(view));
    start.put("mode", Integer.toString(mode.bits()));
    start.put("rip", hex(rip));
    start.put("rflags", hex(rflags));
    start.put("cs", hex(cs));
    gprs.forEach((gpr, value) -> {
      if (value != 0) {
        start.put(gpr.name().toLowerCase(Locale.ROOT), hex(value));
      }
    });
    bases.forEach((segment, value) -> {
      if (value != 0) {
        start.put(segment.name().toLowerCase(Locale.ROOT) + ".base", hex(value));
      }
    });
    if (!circumstances.isEmpty()) {
      start.put(
          CIRCUMSTANCES,
          circumstances.stream().sorted().map(Circumstance::toString).collect(joining(" ")));
    }
    return start;
  }

  /** The counterexample this scenario is, before it has a trace. */
  public Counterexample asCounterexample(String attack, List<Counterexample.Step> trace) {
    return new Counterexample(
        Counterexample.Kind.EXECUTION, attack, start(), paging, memory, fetches, trace);
  }

  /**
   * Reads back what {@link #start} wrote.
   *
   * @throws IllegalArgumentException if a name or number is not one of those {@link #start} writes
   */
  public static Scenario of(Counterexample counterexample) {
    String vm = "";
    int view = 0;
    Mode mode = Mode.BITS64;
    long rip = 0;
    long rflags = CLEAN_RFLAGS;
    int cs = KERNEL_CS;
    Map<Gpr, Long> gprs = new EnumMap<>(Gpr.class);
    Map<Segment, Long> bases = new EnumMap<>(Segment.class);
    Set<Circumstance> circumstances = EnumSet.noneOf(Circumstance.class);
    for (Map.Entry<String, String> entry : counterexample.start().entrySet()) {
      String name = entry.getKey();
      String value = entry.getValue();
      if (name.equals("vm")) {
        vm = value;
      } else if (name.equals("view")) {
        view = Integer.parseInt(value);
      } else if (name.equals("mode")) {
        mode = mode(value);
      } else if (name.equals("rip")) {
        rip = number(value);
      } else if (name.equals("rflags")) {
        rflags = number(value);
      } else if (name.equals("cs")) {
        cs = (int) number(value);
      } else if (name.endsWith(".base")) {
        String segment = name.substring(0, name.length() - 5).toUpperCase(Locale.ROOT);
        bases.put(Segment.valueOf(segment), number(value));
      } else if (name.equals(CIRCUMSTANCES)) {
        for (String each : value.split(" ", -1)) {
          circumstances.add(Circumstance.parse(each));
        }
      } else if (!name.equals("shows")) {
        gprs.put(Gpr.valueOf(name.toUpperCase(Locale.ROOT)), number(value));
      }
    }
    return new Scenario(
        vm,
        view,
        mode,
        rip,
        gprs,
        rflags,
        cs,
        bases,
        counterexample.paging(),
        counterexample.memory(),
        counterexample.fetches(),
        circumstances);
  }

  /** The same start, with this in memory and nothing else. */
  Scenario withMemory(List<Counterexample.Content> contents) {
    return new Scenario(
        vm, view, mode, rip, gprs, rflags, cs, bases, paging, contents, fetches, circumstances);
  }

  /** The same start with another code selector. */
  Scenario withCs(int selector) {
    return new Scenario(
        vm, view, mode, rip, gprs, rflags, selector, bases, paging, memory, fetches, circumstances);
  }

  /**
   * One of the two runs a leak is shown by: the first (0) or second (1) half of what is in memory.
   */
  public Scenario half(int which) {
    return new Scenario(
        vm,
        view,
        mode,
        rip,
        gprs,
        rflags,
        cs,
        bases,
        paging,
        half(memory, which),
        half(fetches, which),
        circumstances);
  }

  private static <T> List<T> half(List<T> all, int which) {
    int middle = all.size() / 2;
    return which == 0 ? all.subList(0, middle) : all.subList(middle, all.size());
  }

  private static Mode mode(String bits) {
    for (Mode mode : Mode.values()) {
      if (Integer.toString(mode.bits()).equals(bits)) {
        return mode;
      }
    }
    throw new IllegalArgumentException("mode " + bits + " is none of 64, 32, 16");
  }

  static long number(String hex) {
    if (!hex.startsWith("0x")) {
      throw new IllegalArgumentException(hex + " is not a hexadecimal number");
    }
    return Long.parseUnsignedLong(hex.substring(2), 16);
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}

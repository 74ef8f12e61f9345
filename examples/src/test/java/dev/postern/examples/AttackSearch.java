package dev.postern.examples;

import dev.postern.model.Frames;
import dev.postern.model.Gate;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Calls;
import dev.postern.verifier.concrete.Judge;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.concrete.World;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import dev.postern.x86.Segment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Looks for attacks on a policy by executing them. It knows where an attacker can start (every byte
 * of the gate pages, and, as far as the lock allows, a VMFUNC of its own before any byte of any
 * executable page), which values are worth having in registers (the edges of everything mapped),
 * and that windows answer what they like. The judge says what came of it.
 *
 * <p>No rule, no symbolic state and no solver is used here: the search must not share a mistake
 * with what it checks. It proves nothing; that it finds attacks where there are some is tested.
 */
final class AttackSearch {

  /** Instructions of one run. */
  private static final int BUDGET = 400;

  /** The same of a call that is let in and works: eight packets take some 500. */
  private static final int WORKING = 1200;

  private static final int PAGE = 4096;

  /** VMFUNC, plain and with REX2. */
  private static final List<String> ENCODINGS = List.of("0f01d4", "d58001d4");

  /**
   * An attack that worked.
   *
   * @param violation which theorem is broken, and how
   */
  record Attack(Scenario scenario, String violation) {}

  /** A place to start from, with the attacker's page tables and memory that make it one. */
  private record Pad(
      long rip, List<Counterexample.PageEntry> paging, List<Counterexample.Content> memory) {
    static Pad at(long rip) {
      return new Pad(rip, List.of(), List.of());
    }
  }

  private final Policy policy;
  private final Vm vm;
  private final View defaultView;
  private final List<View> protectedViews;
  private final Judge.Baseline baseline;
  private final List<Integer> indices;
  private final List<Long> values;
  private final List<Pad> sites = new ArrayList<>();
  private final List<Pad> gateOffsets = new ArrayList<>();
  private final List<Pad> ownVmfuncs = new ArrayList<>();

  AttackSearch(Policy policy, String vmName) {
    this.policy = policy;
    this.vm = policy.vm(vmName).orElseThrow();
    List<View> views = policy.viewsOf(vmName);
    this.defaultView = views.stream().filter(View::isDefault).findFirst().orElseThrow();
    this.protectedViews = views.stream().filter(view -> !view.isDefault()).toList();
    this.baseline = Calls.baseline(policy, vmName);
    this.indices = new World(policy, vmName).validSlots();
    this.values = values();
    findPads();
  }

  /** The first attack among {@code budget} attempts; the seed decides which are made. */
  Optional<Attack> search(long seed, int budget) {
    Random random = new Random(seed);
    for (int i = 0; i < budget; i++) {
      Scenario scenario = scenario(random);
      Optional<String> violation = run(scenario).violation();
      if (violation.isPresent()) {
        return Optional.of(new Attack(scenario, violation.get()));
      }
    }
    return Optional.empty();
  }

  /**
   * The first leak among {@code budget} attempts: two runs that differ only in what the destination
   * and the private pages hold, and leave the view with different registers.
   */
  Optional<Attack> searchLeaks(long seed, int budget) {
    Random random = new Random(seed);
    for (int i = 0; i < budget; i++) {
      Scenario scenario = random.nextInt(4) == 0 ? scenario(random) : call(random);
      Optional<String> leak = leak(scenario, random);
      if (leak.isPresent()) {
        return Optional.of(new Attack(scenario, leak.get()));
      }
    }
    return Optional.empty();
  }

  /** Landings behind every VMFUNC of the gate pages, and calls: to compare two policies by. */
  List<Scenario> situations(long seed, int count) {
    Random random = new Random(seed);
    List<Scenario> situations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      situations.add(i % 4 == 0 ? call(random) : scenario(pick(sites, random), random));
    }
    return situations;
  }

  /** What {@code scenario} comes to under this policy. */
  Outcome run(Scenario scenario) {
    return run(scenario, BUDGET);
  }

  /** The same of one of {@link #work}. */
  Outcome runWork(Scenario call) {
    return run(call, WORKING);
  }

  private Outcome run(Scenario scenario, int budget) {
    return Outcome.of(new World(policy, vm.name()), scenario, baseline, budget);
  }

  private Optional<String> leak(Scenario scenario, Random random) {
    Optional<Map<Gpr, Long>> one = run(withSecrets(scenario, random)).registersWhenLeft();
    Optional<Map<Gpr, Long>> other = run(withSecrets(scenario, random)).registersWhenLeft();
    if (one.isEmpty() || other.isEmpty()) {
      return Optional.empty();
    }
    for (Gpr gpr : Gpr.values()) {
      if (!declared(gpr) && !one.get().get(gpr).equals(other.get().get(gpr))) {
        return Optional.of(
            "%s leaves the view as %x or %x"
                .formatted(gpr, one.get().get(gpr), other.get().get(gpr)));
      }
    }
    return Optional.empty();
  }

  private boolean declared(Gpr gpr) {
    return policy.gates().stream()
        .flatMap(gate -> gate.results().stream())
        .anyMatch(result -> result.name().equals(gpr.name()));
  }

  /** Calls with whatever a driver may bring, and whatever the destination has written. */
  List<Scenario> calls(long seed, int count) {
    Random random = new Random(seed);
    List<Scenario> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(withSecrets(call(random), random));
    }
    return calls;
  }

  /**
   * Calls whose memory holds, wherever one looks, an address of the source's own and a small
   * number: what a descriptor is, so that code gets past its checks and does its work.
   */
  List<Scenario> work(long seed, int count) {
    Random random = new Random(seed);
    List<Long> own =
        protectedViews.stream()
            .flatMap(view -> view.mappings().stream())
            .flatMap(mapping -> ownAddress(mapping).stream())
            .toList();
    List<Scenario> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Scenario call = withSecrets(call(random), random);
      List<Counterexample.Content> memory = new ArrayList<>(call.memory());
      for (View view : protectedViews) {
        for (Mapping mapping : view.mappings()) {
          if (mapping.role() == Role.SOURCE_WINDOW
              && indices.contains(view.index())
              && !own.isEmpty()) {
            String gpa = hex(mapping.gpa().value());
            memory.add(new Counterexample.Content(view.index(), gpa, descriptors(own, random)));
          }
        }
      }
      calls.add(withMemory(call, memory));
    }
    return calls;
  }

  /** The first attack among {@code calls}, or leak: two calls that differ in protected memory. */
  Optional<Attack> searchWork(List<Scenario> calls, long seed) {
    Random random = new Random(seed);
    for (Scenario call : calls) {
      Optional<String> broken = runWork(call).violation().or(() -> leak(call, random));
      if (broken.isPresent()) {
        return Optional.of(new Attack(call, broken.get()));
      }
    }
    return Optional.empty();
  }

  private String descriptors(List<Long> addresses, Random random) {
    StringBuilder hex = new StringBuilder();
    for (int i = 0; i < PAGE / 16; i++) {
      long address = pick(addresses, random) + random.nextInt(PAGE);
      hex.append(HexFormat.of().toHexDigits(Long.reverseBytes(address)));
      hex.append(HexFormat.of().toHexDigits(Long.reverseBytes(random.nextInt(PAGE))));
    }
    return hex.toString();
  }

  // ---- what an attacker knows

  private List<Long> values() {
    Set<Long> found = new LinkedHashSet<>(List.of(0L, 1L, 2L, 8L, 64L, 0x800L, 0x1000L, -1L, -8L));
    for (View view : protectedViews) {
      for (Mapping mapping : view.mappings()) {
        long la = mapping.la().value();
        long end = la + mapping.size();
        found.addAll(List.of(la, la - 8, la + 8, la + mapping.size() / 2, end - 8, end, end + 8));
      }
    }
    for (Mapping mapping : defaultView.mappings()) {
      found.addAll(List.of(mapping.la().value(), mapping.la().value() + mapping.size() / 2));
    }
    for (View view : protectedViews) {
      for (Mapping mapping : view.mappings()) {
        ownAddress(mapping).ifPresent(gpa -> found.addAll(List.of(gpa, gpa + 64, gpa - 1)));
      }
    }
    return List.copyOf(found);
  }

  /** Where the source has a window's memory itself: descriptors speak of it by these addresses. */
  private Optional<Long> ownAddress(Mapping mapping) {
    return mapping.frames().owner() instanceof Frames.Owner.Memory owner
        ? vm.memory().stream()
            .filter(m -> owner.vm().equals(vm.name()) && m.name().equals(owner.region()))
            .map(m -> m.gpa().value() + mapping.frames().offset())
            .findFirst()
        : Optional.empty();
  }

  private void findPads() {
    for (Mapping mapping : defaultView.mappings()) {
      if (mapping.role() == Role.TRAMPOLINE) {
        gatePads(mapping);
      }
    }
    attackerPage().ifPresent(this::ownPads);
    for (Mapping gate : defaultView.mappings()) {
      if (gate.role() == Role.TRAMPOLINE) {
        aliasPads(gate);
      }
    }
  }

  private void gatePads(Mapping mapping) {
    byte[] code = mapping.image().orElseThrow().bytes().toArray();
    String hex = HexFormat.of().formatHex(code);
    int length = mapping.image().orElseThrow().length();
    for (int i = 0; i < code.length; i++) {
      long la = mapping.la().value() + i;
      int at = 2 * i;
      if (ENCODINGS.stream().anyMatch(encoding -> hex.startsWith(encoding, at))) {
        sites.add(Pad.at(la));
      }
      if (i < length + 16) {
        gateOffsets.add(Pad.at(la));
      }
    }
  }

  /** Memory the attacker writes and executes in the default view. */
  private Optional<Mapping> attackerPage() {
    return defaultView.mappings().stream()
        .filter(m -> m.role() == Role.RAM && m.leaf().write() && m.leaf().execute())
        .findFirst();
  }

  /**
   * A VMFUNC of the attacker's own, so that the next instruction is fetched at a place of its
   * choice. The attacker always tries; page tables it cannot write do not obey.
   */
  private void ownPads(Mapping memory) {
    for (View view : protectedViews) {
      for (Mapping mapping : view.mappings()) {
        if (mapping.leaf().execute() || mapping.leaf().userExecute()) {
          int length = mapping.image().map(image -> image.length()).orElse(PAGE);
          for (int offset = 0; offset < Math.min(mapping.size(), length + 16); offset++) {
            ownVmfuncs.add(ownPad(memory, mapping.la().value() + offset));
          }
        }
      }
    }
  }

  private Pad ownPad(Mapping memory, long landing) {
    long rip = landing - 3;
    long page = rip & -PAGE;
    long gpa = (memory.gpa().value() + memory.size() / 2) & -PAGE;
    List<Counterexample.PageEntry> paging = new ArrayList<>();
    paging.add(new Counterexample.PageEntry(0, hex(page), hex(gpa)));
    if ((landing & -PAGE) != page && !vm.lock().has(Lock.Kind.PINNED_PT)) {
      paging.add(new Counterexample.PageEntry(0, hex(page + PAGE), hex(gpa + PAGE)));
    }
    return new Pad(
        rip, paging, List.of(new Counterexample.Content(0, hex(gpa + (rip & PAGE - 1)), "0f01d4")));
  }

  /**
   * The gate page at the linear address of another executable page: its VMFUNC switches, and the
   * next instruction is that page's, at the same offset.
   */
  private void aliasPads(Mapping gate) {
    for (Pad site : List.copyOf(sites)) {
      long offset = site.rip() - gate.la().value();
      for (View view : protectedViews) {
        for (Mapping target : view.mappings()) {
          if (offset >= 0 && offset < gate.size() && target.role() == Role.CODE) {
            long page = target.la().value();
            ownVmfuncs.add(
                new Pad(
                    page + offset,
                    List.of(
                        new Counterexample.PageEntry(0, hex(page), hex(gate.gpa().value())),
                        new Counterexample.PageEntry(
                            view.index(), hex(page), hex(target.gpa().value()))),
                    List.of()));
          }
        }
      }
    }
  }

  // ---- scenarios

  private Scenario scenario(Random random) {
    return scenario(pad(random), random);
  }

  private Scenario scenario(Pad pad, Random random) {
    Mode mode = mode(pad, random);
    Map<Segment, Long> bases = new EnumMap<>(Segment.class);
    if (mode != Mode.BITS64 && random.nextBoolean()) {
      for (Segment segment : List.of(Segment.DS, Segment.ES, Segment.SS)) {
        bases.put(segment, pick(values, random) & 0xffff_ffffL);
      }
    }
    List<Counterexample.Content> memory = new ArrayList<>(pad.memory());
    memory.addAll(contents(Role.SOURCE_WINDOW, random));
    return new Scenario(
        vm.name(),
        0,
        mode,
        pad.rip(),
        registers(random),
        flags(random),
        random.nextInt(3) == 0 ? 0x33 : 0x10,
        bases,
        pad.paging(),
        memory,
        fetches(random));
  }

  /** A call as a driver makes it, with registers as they come. */
  private Scenario call(Random random) {
    Gate gate = pick(policy.gates(), random);
    Map<Gpr, Long> gprs = new EnumMap<>(Gpr.class);
    for (Gpr gpr : Gpr.values()) {
      gprs.put(gpr, random.nextBoolean() ? random.nextLong() : pick(values, random));
    }
    Scenario scenario = Calls.scenario(policy, gate, random.nextInt(256));
    gprs.put(Gpr.RSP, scenario.gprs().get(Gpr.RSP));
    return new Scenario(
        vm.name(),
        0,
        Mode.BITS64,
        scenario.rip(),
        gprs,
        scenario.rflags(),
        scenario.cs(),
        Map.of(),
        List.of(),
        contents(Role.SOURCE_WINDOW, random),
        List.of());
  }

  private Pad pad(Random random) {
    int dice = random.nextInt(8);
    if (dice < 2 && !ownVmfuncs.isEmpty()) {
      return pick(ownVmfuncs, random);
    }
    return dice < 6 && !sites.isEmpty() ? pick(sites, random) : pick(gateOffsets, random);
  }

  /** Shorter modes reach the low 4 GiB only. */
  private static Mode mode(Pad pad, Random random) {
    boolean low = Long.compareUnsigned(pad.rip(), 0xffff_0000L) < 0;
    int dice = random.nextInt(4);
    return !low || dice < 2 ? Mode.BITS64 : dice == 2 ? Mode.BITS32 : Mode.BITS16;
  }

  private Map<Gpr, Long> registers(Random random) {
    Map<Gpr, Long> gprs = new EnumMap<>(Gpr.class);
    long same = pick(values, random);
    boolean uniform = random.nextInt(3) == 0;
    for (Gpr gpr : Gpr.values()) {
      boolean noise = random.nextInt(8) == 0;
      gprs.put(gpr, uniform ? same : noise ? random.nextLong() : pick(values, random));
    }
    long index = pick(indices, random);
    gprs.put(
        Gpr.RCX,
        switch (random.nextInt(8)) {
          case 0 -> index | 0x100;
          case 1 -> index | random.nextLong() << 32;
          case 2 -> gprs.get(Gpr.RCX);
          default -> index;
        });
    gprs.put(Gpr.RAX, random.nextInt(8) == 0 ? gprs.get(Gpr.RAX) : random.nextLong() << 32);
    return gprs;
  }

  private static long flags(Random random) {
    if (random.nextBoolean()) {
      return Scenario.CLEAN_RFLAGS;
    }
    long flags = Scenario.CLEAN_RFLAGS;
    for (Flag flag : Flag.values()) {
      flags |= flag == Flag.VM ? 0 : (long) random.nextInt(2) << flag.bit();
    }
    return flags;
  }

  private List<Counterexample.Content> fetches(Random random) {
    List<Counterexample.Content> fetches = new ArrayList<>();
    if (random.nextBoolean()) {
      for (int i = 0; i < 8; i++) {
        fetches.add(new Counterexample.Content(0, hex(0), words(1, random)));
      }
    }
    return fetches;
  }

  private Scenario withSecrets(Scenario scenario, Random random) {
    List<Counterexample.Content> memory = new ArrayList<>(scenario.memory());
    memory.addAll(contents(Role.DESTINATION_WINDOW, random));
    memory.addAll(contents(Role.PRIVATE, random));
    return withMemory(scenario, memory);
  }

  private static Scenario withMemory(Scenario scenario, List<Counterexample.Content> memory) {
    return new Scenario(
        scenario.vm(),
        scenario.view(),
        scenario.mode(),
        scenario.rip(),
        scenario.gprs(),
        scenario.rflags(),
        scenario.cs(),
        scenario.bases(),
        scenario.paging(),
        memory,
        List.of());
  }

  /** Something in the first page of every mapping of this role. */
  private List<Counterexample.Content> contents(Role role, Random random) {
    List<Counterexample.Content> contents = new ArrayList<>();
    for (View view : protectedViews) {
      for (Mapping mapping : view.mappings()) {
        if (mapping.role() == role && indices.contains(view.index())) {
          contents.add(
              new Counterexample.Content(
                  view.index(), hex(mapping.gpa().value()), words(PAGE / 8, random)));
        }
      }
    }
    return contents;
  }

  private String words(int count, Random random) {
    StringBuilder hex = new StringBuilder(16 * count);
    for (int i = 0; i < count; i++) {
      long word =
          switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(0x1000);
            default -> pick(values, random);
          };
      hex.append(HexFormat.of().toHexDigits(Long.reverseBytes(word)));
    }
    return hex.toString();
  }

  private static <T> T pick(List<T> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}

package dev.postern.loader.kvm;

import dev.postern.loader.host.HostFacts;
import dev.postern.model.Cpu;
import dev.postern.model.PageSize;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the module's INFO tells: words of the processor, and what the module makes true. */
record KernelInfo(
    long attested,
    long enforceable,
    long eptVpidCap,
    long procbased2,
    long procbased3,
    long vmfunc,
    long archCapabilities,
    int cpuid70Ebx,
    int cpuid70Ecx,
    int cpuid70Edx,
    int cpuid71Eax,
    int cpuid71Edx,
    int physBits) {

  /** Obligations by the bits of {@code attested}, with what the module does for each. */
  private static final Map<Integer, String> OBLIGATIONS =
      Map.ofEntries(
          Map.entry(32, "frames-distinct"),
          Map.entry(33, "O-23"),
          Map.entry(34, "O-25"),
          Map.entry(35, "O-26"),
          Map.entry(36, "O-27"),
          Map.entry(37, "O-32"),
          Map.entry(38, "O-36"),
          Map.entry(39, "O-40"),
          Map.entry(40, "O-48"),
          Map.entry(41, "O-71"),
          Map.entry(42, "O-72"),
          Map.entry(43, "O-76"),
          Map.entry(Abi.PINNED_PT, "pinned-pt"));

  private static final Map<String, String> MECHANISMS =
      Map.ofEntries(
          Map.entry("frames-distinct", "the module registers a frame once, for one purpose"),
          Map.entry("O-23", "INVEPT, all contexts, on every processor before activation"),
          Map.entry("O-25", "an EPT misconfiguration ends the machine"),
          Map.entry("O-26", "the hierarchies are the module's, which only ever clears leaves"),
          Map.entry("O-27", "the module walked every table and found it reached once"),
          Map.entry("O-32", "code runs from copies in frames of the module's"),
          Map.entry(
              "O-36", "pages are pinned; a notifier clears leaves and flushes before unpinning"),
          Map.entry("O-40", "the module hashed the copy in the frame that is mapped"),
          Map.entry(
              "O-48",
              "an event pending on an exit from a view ends the machine, registers" + " cleared"),
          Map.entry("O-71", "an EPT violation in a view ends the machine"),
          Map.entry("O-72", "an exit from a view that KVM would emulate ends the machine"),
          Map.entry(
              "pinned-pt",
              "the module walked the guest's paging structures, which no view can write, and CR3"
                  + " stays as it was"),
          Map.entry("O-76", "exit 59 reaches KVM, which raises #UD and changes nothing else"));

  /** Ids of assumptions, each with what makes it so. */
  SortedMap<String, String> mechanisms() {
    SortedMap<String, String> mechanisms = new TreeMap<>();
    OBLIGATIONS.forEach((bit, id) -> {
      if ((attested >>> bit & 1) != 0) {
        mechanisms.put(id, String.valueOf(MECHANISMS.get(id)));
      }
    });
    for (int k = 1; k <= 20; k++) {
      if ((enforceable >>> (k - 1) & 1) != 0) {
        mechanisms.put("K" + k, "the module reads or sets it before every entry");
      }
    }
    return mechanisms;
  }

  /** The processor, from its own words (SDM vol. 3 appendix A; vol. 2, CPUID). */
  HostFacts facts() {
    Set<PageSize> sizes = EnumSet.noneOf(PageSize.class);
    if (bit(eptVpidCap, 16)) {
      sizes.add(PageSize.LARGE);
    }
    if (bit(eptVpidCap, 17)) {
      sizes.add(PageSize.HUGE);
    }
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(Cpu.Feature.class);
    features.put(Cpu.Feature.HLAT, bit(procbased3, 1));
    features.put(Cpu.Feature.MBEC, bit(procbased2, 32 + 22));
    features.put(Cpu.Feature.SPP, bit(procbased2, 32 + 23));
    features.put(Cpu.Feature.APX, bit(cpuid71Edx, 21));
    features.put(Cpu.Feature.LA57, bit(cpuid70Ecx, 16));
    features.put(Cpu.Feature.FRED, bit(cpuid71Eax, 17));
    features.put(Cpu.Feature.UINTR, bit(cpuid70Edx, 5));
    features.put(Cpu.Feature.CET, bit(cpuid70Ecx, 7) || bit(cpuid70Edx, 20));
    features.put(Cpu.Feature.LAM, bit(cpuid71Eax, 26));
    features.put(Cpu.Feature.PKU, bit(cpuid70Ecx, 3));
    features.put(Cpu.Feature.PKS, bit(cpuid70Ecx, 31));
    // Without the capability MSR both are assumed: a processor says when it is not affected.
    features.put(Cpu.Feature.MDS_AFFECTED, !bit(archCapabilities, 5));
    return new HostFacts(
        Optional.of(physBits),
        Optional.of(bit(eptVpidCap, 0)),
        Optional.of(sizes),
        Optional.of(bit(eptVpidCap, 7)),
        Optional.of(bit(eptVpidCap, 21)),
        Optional.of(bit(eptVpidCap, 23)),
        features,
        Optional.of(bit(archCapabilities, 0) ? Cpu.L1tf.NOT_AFFECTED : Cpu.L1tf.AFFECTED));
  }

  /** Whether the processor has EPTP switching at all. */
  boolean switches() {
    return bit(procbased2, 32 + 13) && bit(vmfunc, 0);
  }

  private static boolean bit(long word, int position) {
    return (word >>> position & 1) != 0;
  }
}

package dev.postern.loader.kvm;

import dev.postern.loader.ept.EptImage;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.host.HostFacts;
import dev.postern.loader.install.Candidate;
import dev.postern.loader.install.InstallException;
import dev.postern.loader.install.Installer;
import dev.postern.loader.install.Prepared;
import dev.postern.loader.install.Presence;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.trust.State;
import dev.postern.model.Bytes;
import dev.postern.model.Hpa;
import dev.postern.model.Lock;
import dev.postern.model.Policy;
import dev.postern.model.Vm;
import dev.postern.signer.check.CheckedBundle;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Installs for a running KVM guest. The module hands out frames and pins memory, which gives the
 * frame map; the image is then built and compared as for any backend, copied into those frames, and
 * walked once more by the module before it activates it.
 */
public final class KvmInstaller implements Installer {

  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int ATTEMPTS = 3;
  private static final long PAGE = 4096;

  /** Processes of the machines' monitors, by the names the policy has for them. */
  private final SortedMap<String, Long> monitors;

  private final PosternDevice.Calls calls;

  private Optional<PosternDevice> session = Optional.empty();

  public KvmInstaller(Map<String, Long> monitors) {
    this(monitors, Linux::ioctl);
  }

  KvmInstaller(Map<String, Long> monitors, PosternDevice.Calls calls) {
    this.monitors = new TreeMap<>(monitors);
    this.calls = calls;
  }

  /** For what is installed already: {@code target} is what {@link #target} gave. */
  public static KvmInstaller at(String target) {
    Map<String, Long> monitors = new TreeMap<>();
    for (String monitor : target.isEmpty() ? new String[0] : target.split(",")) {
      int equals = monitor.lastIndexOf('=');
      if (equals < 1) {
        continue; // a place that is no monitor's has none
      }
      monitors.put(monitor.substring(0, equals), Long.parseLong(monitor.substring(equals + 1)));
    }
    return new KvmInstaller(monitors);
  }

  @Override
  public String name() {
    return "kvm";
  }

  @Override
  public String target() {
    List<String> all = new ArrayList<>();
    monitors.forEach((vm, pid) -> all.add(vm + "=" + pid));
    return String.join(",", all);
  }

  @Override
  public SortedMap<String, String> mechanisms() throws IOException {
    try (PosternDevice device = PosternDevice.open(calls)) {
      return device.info().mechanisms();
    }
  }

  @Override
  public Optional<HostFacts> facts() throws IOException {
    try (PosternDevice device = PosternDevice.open(calls)) {
      return Optional.of(device.info().facts());
    }
  }

  @Override
  public Optional<FrameMap> frames(CheckedBundle bundle, InstallPlan plan)
      throws InstallException, IOException {
    close();
    if (plan.sources().size() != 1) {
      throw new InstallException("the kvm backend installs for one source machine at a time");
    }
    InstallPlan.Source source = plan.sources().getFirst();
    Vm vm = bundle.policy().vm(source.vm()).orElseThrow();
    PosternDevice device = PosternDevice.open(calls);
    session = Optional.of(device);
    if (!device.info().switches()) {
      throw new InstallException("this processor has no EPTP switching");
    }
    try (VmFile machine = VmFile.of(monitor(source.vm()))) {
      device.create(
          machine.fd(),
          source.vcpus(),
          1 + source.views().stream().mapToInt(InstallPlan.Hierarchy::index).max().orElse(0),
          Demands.of(bundle.policy(), vm, device.info().enforceable()),
          bundle.id(),
          Bytes.of(plan.canonical()).sha256());
    }
    if (vm.lock().kinds().contains(Lock.Kind.PINNED_PT)) {
      device.lock(
          bundle.policy().viewsOf(vm.name()).stream()
              .filter(view -> !view.isDefault())
              .flatMap(view -> view.mappings().stream())
              .toList());
    }
    List<FrameMap.Region> regions = new ArrayList<>();
    for (Pins.Piece piece : Pins.of(plan)) {
      regions.addAll(pin(device, bundle.policy(), piece));
    }
    return Optional.of(
        new FrameMap(
            regions,
            pool(device, Abi.PRIVATE, Pools.loaderPages(plan)),
            pool(device, Abi.TABLE, Pools.tablePages(plan))));
  }

  private long monitor(String vm) throws InstallException {
    Long pid = monitors.get(vm);
    if (pid == null) {
      throw new InstallException(
          "no process is named for machine " + vm + "; hint: --vm " + vm + "=PID");
    }
    return pid;
  }

  private List<FrameMap.Region> pin(PosternDevice device, Policy policy, Pins.Piece piece)
      throws InstallException, IOException {
    Vm.Memory memory =
        policy.vm(piece.vm()).orElseThrow().memory().stream()
            .filter(region -> region.name().equals(piece.region()))
            .findFirst()
            .orElseThrow();
    List<FrameMap.Region> regions = new ArrayList<>();
    try (VmFile machine = VmFile.of(monitor(piece.vm()))) {
      for (long at = 0; at < piece.size(); at += Abi.MAX_PIN * PAGE) {
        int pages = (int) (Math.min(piece.size() - at, Abi.MAX_PIN * PAGE) / PAGE);
        long gpa = memory.gpa().value() + piece.offset() + at;
        long[] frames = pin(device, machine, gpa, pages, piece.write());
        contiguous(piece, piece.offset() + at, frames, regions);
      }
    }
    return regions;
  }

  /** A page that moved while it was looked at is looked at again, a few times. */
  private static long[] pin(
      PosternDevice device, VmFile machine, long gpa, int pages, boolean write) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return device.pin(machine.fd(), gpa, pages, write);
      } catch (Linux.Errno e) {
        if (e.number() != Linux.EAGAIN || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static void contiguous(
      Pins.Piece piece, long offset, long[] frames, List<FrameMap.Region> regions) {
    int start = 0;
    for (int i = 1; i <= frames.length; i++) {
      if (i == frames.length || frames[i] != frames[i - 1] + PAGE) {
        regions.add(
            new FrameMap.Region(
                piece.vm(),
                piece.region(),
                offset + start * PAGE,
                new FrameMap.Extent(new Hpa(frames[start]), (i - start) * PAGE)));
        start = i;
      }
    }
  }

  private static List<FrameMap.Extent> pool(PosternDevice device, int kind, List<Integer> runs)
      throws IOException {
    List<FrameMap.Extent> extents = new ArrayList<>();
    for (int pages : runs) {
      extents.add(new FrameMap.Extent(new Hpa(device.alloc(kind, pages)), pages * PAGE));
    }
    return extents;
  }

  @Override
  public Prepared prepare(Candidate candidate) throws InstallException, IOException {
    PosternDevice device =
        session.orElseThrow(() -> new IllegalStateException("frames come first"));
    if (candidate.replaces().isPresent()) {
      requireSameMachine(device, candidate.replaces().get());
    }
    for (Map.Entry<Hpa, EptImage.Page> page : candidate.image().pages().entrySet()) {
      device.write(
          page.getKey().value(),
          page.getValue().bytes().toArray(),
          page.getValue().bytes().sha256());
    }
    device.seal(
        candidate.image().lists().stream().mapToLong(list -> list.host().value()).toArray());
    return new Sealed(device, candidate);
  }

  /** One that runs on in another machine would be forgotten. */
  private void requireSameMachine(PosternDevice device, State.Installed before)
      throws InstallException, IOException {
    SortedMap<String, Long> then = at(before.target()).monitors;
    boolean same =
        before.vms().stream().allMatch(vm -> monitor(then, vm).equals(monitor(monitors, vm)));
    if (!same && device.presence(before.bundleId(), before.planSha256()) != Presence.ABSENT) {
      throw new InstallException(
          "version "
              + before.version()
              + " is active in another machine, "
              + before.target()
              + "; hint: postern unload");
    }
  }

  private static Optional<Long> monitor(SortedMap<String, Long> monitors, String vm) {
    return Optional.ofNullable(monitors.get(vm));
  }

  @Override
  public Presence presence(State.Installed recorded) throws IOException {
    try (PosternDevice device = PosternDevice.open(calls)) {
      return device.presence(recorded.bundleId(), recorded.planSha256());
    }
  }

  @Override
  public void remove(State.Installed recorded) throws InstallException, IOException {
    try (PosternDevice device = PosternDevice.open(calls)) {
      device.remove(recorded.bundleId(), TIMEOUT_MILLIS);
    } catch (Linux.Errno e) {
      // The machine may have ended, which takes everything out.
      if (e.number() != Linux.ENOENT) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    session.ifPresent(PosternDevice::close);
    session = Optional.empty();
  }

  /** Walked by the module; one call from being active. */
  private static final class Sealed implements Prepared {

    private final PosternDevice device;
    private final Candidate candidate;

    private Sealed(PosternDevice device, Candidate candidate) {
      this.device = device;
      this.candidate = candidate;
    }

    @Override
    public String digest() {
      return candidate.image().planSha256();
    }

    @Override
    public List<String> steps() {
      List<String> steps = new ArrayList<>();
      candidate
          .replaces()
          .ifPresent(before ->
              steps.add(
                  "takes the place of version " + before.version() + " where that is active"));
      steps.addAll(done());
      return steps;
    }

    private List<String> done() {
      return List.of(
          "copied " + candidate.image().pages().size() + " pages, each hashed by the kernel",
          "the kernel walked every hierarchy and found only registered frames",
          "activated on "
              + candidate.plan().sources().getFirst().vcpus()
              + " vCPUs of "
              + candidate.plan().sources().getFirst().vm());
    }

    @Override
    public void commit() throws IOException {
      device.activate(TIMEOUT_MILLIS, candidate.replaces().map(State.Installed::bundleId));
    }

    @Override
    public void undo() throws InstallException, IOException {
      // An activation that fails is undone by the module; closing the file frees the rest.
      String bundleId = candidate.bundle().id();
      if (device.presence(bundleId, candidate.image().planSha256()) != Presence.ABSENT) {
        throw new InstallException("it took effect all the same");
      }
    }

    @Override
    public void close() {
      device.close();
    }
  }
}

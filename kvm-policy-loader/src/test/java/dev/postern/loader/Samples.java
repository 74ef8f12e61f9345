package dev.postern.loader;

import dev.postern.loader.ept.BuildException;
import dev.postern.loader.ept.EptBuilder;
import dev.postern.loader.host.Approved;
import dev.postern.loader.host.FrameMap;
import dev.postern.loader.host.Host;
import dev.postern.loader.host.HostFacts;
import dev.postern.loader.host.HostPolicy;
import dev.postern.loader.install.Candidate;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.plan.PlanResult;
import dev.postern.loader.plan.Planner;
import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Hpa;
import dev.postern.model.La;
import dev.postern.model.Leaf;
import dev.postern.model.Location;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.BundleRequest;
import dev.postern.signer.bundle.BundleResult;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.bundle.Ustar;
import dev.postern.signer.check.BundleChecker;
import dev.postern.signer.check.Check;
import dev.postern.signer.check.CheckedBundle;
import dev.postern.signer.check.Occasion;
import dev.postern.signer.cms.CmsSigner;
import dev.postern.signer.cms.ContentType;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.KeyException;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.statement.Terms;
import dev.postern.signer.statement.Tool;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustChain;
import dev.postern.signer.trust.TrustedKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** A two-vCPU firewall with a view into a NAT's memory, and a host that has room for it. */
public final class Samples {

  public static final Location AT = new Location("sample.postern", 1, 1);
  public static final Leaf CODE = leaf("r-x", MemoryType.WB);
  public static final Leaf DATA = leaf("rw-", MemoryType.WB);

  public static final Frames RINGS =
      new Frames(new Frames.Owner.Memory("nat", "ram"), 2L << 20, 2L << 20);

  public static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

  public static final OperatorKey KEY =
      OperatorKey.generate(
          "alice",
          Algorithm.ECDSA_P384,
          Instant.parse("2026-01-01T00:00:00Z"),
          Instant.parse("2046-01-01T00:00:00Z"));

  private Samples() {}

  public static Policy policy() {
    return policy(List.of());
  }

  public static Policy policy(List<EptpSlot> slots) {
    return policy("fw-to-nat", 7, 1, 0x8000_0000L, slots);
  }

  /**
   * The same under another name and version, its view at another index and its addresses from
   * {@code base} on.
   */
  public static Policy policy(
      String set, long version, int index, long base, List<EptpSlot> slots) {
    Frames gate = new Frames(new Frames.Owner.Loader("tx", "gate"), 0, 0x1000);
    Frames stack = new Frames(new Frames.Owner.Loader("tx", "stack"), 0, 0x4000);
    Frames ram = new Frames(new Frames.Owner.Memory("fw", "ram"), 0, 4L << 20);
    View zero =
        new View(
            AT,
            "default",
            "fw",
            0,
            Eptp.DEFAULT,
            Optional.empty(),
            false,
            List.of(
                mapping("ram", Role.RAM, 0, PageSize.LARGE, ram, leaf("rwx", MemoryType.WB)),
                code("gate", base + 0x1000, gate)),
            Optional.empty());
    View one =
        new View(
            AT,
            "tx",
            "fw",
            index,
            Eptp.DEFAULT,
            Optional.empty(),
            true,
            List.of(
                code("gate", base + 0x1000, gate),
                perVcpu("stack", base + 0x3000, stack),
                mapping(
                    "rings",
                    Role.DESTINATION_WINDOW,
                    base + 0x1000_0000,
                    PageSize.LARGE,
                    RINGS,
                    DATA)),
            Optional.empty());
    return new Policy(
        AT,
        set,
        version,
        new Cpu(
            AT,
            46,
            true,
            Set.of(PageSize.LARGE),
            false,
            false,
            false,
            Map.of(),
            Cpu.L1tf.NOT_AFFECTED),
        List.of(vm("fw", true), vm("nat", false)),
        List.of(),
        List.of(),
        List.of(zero, one),
        slots,
        List.of(),
        List.of());
  }

  public static FrameMap frames() {
    return new FrameMap(
        List.of(
            new FrameMap.Region(
                "fw", "ram", 0, new FrameMap.Extent(new Hpa(0x4000_0000L), 2L << 20)),
            new FrameMap.Region(
                "fw", "ram", 2L << 20, new FrameMap.Extent(new Hpa(0x5000_0000L), 2L << 20)),
            new FrameMap.Region(
                "nat", "ram", 0, new FrameMap.Extent(new Hpa(0x6000_0000L), 64L << 20))),
        List.of(new FrameMap.Extent(new Hpa(0x1_0000_0000L), 1L << 20)),
        List.of(new FrameMap.Extent(new Hpa(0x2_0000_0000L), 1L << 20)));
  }

  /** A host that is the policy's processor, and approves what the policy asks for. */
  public static Host host(String... acceptedAssumptions) {
    TreeMap<String, String> accepted = new TreeMap<>();
    for (String id : acceptedAssumptions) {
      accepted.put(id, "seen to by hand");
    }
    return new Host(
        new HostFacts(
            Optional.of(46),
            Optional.of(true),
            Optional.of(Set.of(PageSize.LARGE)),
            Optional.of(false),
            Optional.of(false),
            Optional.of(false),
            Map.of(),
            Optional.of(Cpu.L1tf.NOT_AFFECTED)),
        new Approved(List.of(new Approved.Grant("fw", RINGS, true))),
        new HostPolicy(accepted, new TreeMap<>()));
  }

  /** A request to load {@code bundle} on the sample host. */
  public static LoadRequest request(byte[] bundle, Host host) {
    return new LoadRequest(
        Bytes.of(bundle),
        Optional.of(Bytes.of(trust().write())),
        false,
        NOW,
        Optional.of(Bytes.of(frames().canonical())),
        false,
        Optional.of(host));
  }

  /** What a backend gets of the sample bundle. */
  public static Candidate candidate() throws BuildException {
    return switch (BundleChecker.check(bundle(), trust(), Occasion.at(NOW))) {
      case Check.Trusted(CheckedBundle bundle) ->
          new Candidate(
              bundle,
              plan(),
              frames(),
              EptBuilder.build(plan(), frames(), bundle.id()),
              Optional.empty());
      case Check.Refused(var refusals) -> throw new AssertionError(refusals);
    };
  }

  public static InstallPlan plan() {
    return plan(policy());
  }

  public static InstallPlan plan(Policy policy) {
    return switch (Planner.plan(policy)) {
      case PlanResult.Planned(InstallPlan plan) -> plan;
      case PlanResult.Refused(List<String> reasons) -> throw new AssertionError(reasons);
    };
  }

  /** A signed bundle of {@link #policy()}; {@code plan} and {@code missing} as given. */
  public static byte[] bundle(Bytes plan, List<String> missing) {
    return bundle(policy(), plan, missing, List.of());
  }

  /** A signed bundle of {@code policy}, whose report assumes {@code assumptions}. */
  public static byte[] bundle(Policy policy, Report.Assumption... assumptions) {
    return bundle(policy, Bytes.of(plan(policy).canonical()), List.of(), List.of(assumptions));
  }

  private static byte[] bundle(
      Policy policy, Bytes plan, List<String> missing, List<Report.Assumption> assumptions) {
    Report report =
        new Report(
            policy.name(),
            policy.version(),
            PolicyJson.sha256(policy),
            List.of("destination-approved"),
            missing,
            Verdict.PROVED,
            List.of(new Report.ViewVerdict("tx", 1, "hlat", Verdict.PROVED, Verdict.PROVED)),
            List.of(
                new Finding(
                    "destination-approved",
                    List.of("O-35"),
                    "tx",
                    "rings",
                    Verdict.PROVED,
                    "inside the approved set",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty())),
            assumptions);
    BundleResult result =
        Bundles.create(
            new BundleRequest(
                policy,
                report,
                Bytes.of((byte) 'p'),
                new TreeMap<>(),
                plan,
                new TreeMap<>(),
                new Tool("postern", "0.1.0", "z3 4.14.1", 0, 1000),
                Terms.NONE));
    try {
      return switch (result) {
        case BundleResult.Created(Bundle bundle) -> Bundles.sign(bundle, KEY).bytes();
        case BundleResult.Refused(String reason) -> throw new AssertionError(reason);
      };
    } catch (ArchiveException | KeyException e) {
      throw new AssertionError(e);
    }
  }

  public static byte[] bundle() {
    return bundle(Bytes.of(plan().canonical()), List.of());
  }

  /** A bundle without its signatures. */
  public static byte[] unsigned(byte[] bundle) throws ArchiveException {
    SortedMap<String, Bytes> members = new TreeMap<>(Ustar.read(bundle));
    members.keySet().removeIf(name -> name.startsWith("sig/"));
    return Ustar.write(members);
  }

  /** A bundle with one bit of one member changed. */
  public static byte[] tampered(byte[] bundle, String member) throws ArchiveException {
    SortedMap<String, Bytes> members = new TreeMap<>(Ustar.read(bundle));
    byte[] changed = members.get(member).toArray();
    changed[changed.length / 2] ^= 1;
    members.put(member, Bytes.of(changed));
    return Ustar.write(members);
  }

  public static Trust trust() {
    return trust(1, 0);
  }

  /** A trust whose root and operator is alice. */
  public static Trust trust(long version, long ratchetEpoch) {
    dev.postern.signer.trust.Role alice =
        new dev.postern.signer.trust.Role(1, 0, List.of(KEY.keyId()));
    return new Trust(
        version,
        Optional.of(Instant.parse("2030-01-01T00:00:00Z")),
        ratchetEpoch,
        Optional.empty(),
        300,
        Map.of(
            dev.postern.signer.trust.Role.Name.ROOT,
            alice,
            dev.postern.signer.trust.Role.Name.OPERATOR,
            alice),
        new TreeMap<>(
            Map.of(
                KEY.keyId(),
                new TrustedKey(KEY.pinned(), "alice", Optional.empty(), TrustedKey.State.ACTIVE))),
        new TreeSet<>(),
        new TreeMap<>(),
        new TreeSet<>());
  }

  /** A chain with one version, signed by alice or by nobody. */
  public static byte[] chain(Trust next, boolean signed) throws Exception {
    byte[] bytes = next.write();
    TreeMap<String, Bytes> signatures = new TreeMap<>();
    if (signed) {
      signatures.put(KEY.keyId(), Bytes.of(CmsSigner.sign(bytes, ContentType.TRUST, KEY, false)));
    }
    return new TrustChain(
            new TreeMap<>(Map.of(next.version(), new TrustChain.Link(Bytes.of(bytes), signatures))))
        .bytes();
  }

  public static Leaf leaf(String permissions, MemoryType type) {
    return new Leaf(
        permissions.contains("r"),
        permissions.contains("w"),
        permissions.contains("x"),
        false,
        type,
        true,
        false,
        false,
        false,
        false,
        false,
        false,
        true);
  }

  private static Mapping mapping(
      String name, Role role, long gpa, PageSize pages, Frames frames, Leaf leaf) {
    return new Mapping(
        AT,
        name,
        role,
        new Gpa(gpa),
        new La(gpa),
        frames.size(),
        pages,
        frames,
        leaf,
        false,
        Optional.empty());
  }

  private static Mapping perVcpu(String name, long gpa, Frames frames) {
    return new Mapping(
        AT,
        name,
        Role.PRIVATE,
        new Gpa(gpa),
        new La(gpa),
        frames.size(),
        PageSize.SMALL,
        frames,
        DATA,
        true,
        Optional.empty());
  }

  private static Mapping code(String name, long gpa, Frames frames) {
    byte[] page = new byte[4096];
    Arrays.fill(page, (byte) 0xcc);
    CodeImage image =
        new CodeImage("vhost-tx", ".text", Bytes.of(page), 0, new TreeMap<>(), List.of());
    return new Mapping(
        AT,
        name,
        Role.TRAMPOLINE,
        new Gpa(gpa),
        new La(gpa),
        4096,
        PageSize.SMALL,
        frames,
        CODE,
        false,
        Optional.of(image));
  }

  private static Vm vm(String name, boolean source) {
    return new Vm(
        AT,
        name,
        source,
        !source,
        2,
        List.of(),
        new Lock(AT, Set.of(Lock.Kind.HLAT), Optional.empty()),
        new Controls(AT, EnumSet.allOf(Control.class), Controls.STRICT_INTERCEPTS),
        source
            ? List.of()
            : List.of(
                new Vm.Approval(
                    AT,
                    "rings",
                    "fw",
                    new Gpa(2L << 20),
                    2L << 20,
                    true,
                    PageSize.LARGE,
                    RINGS,
                    Set.of())),
        List.of());
  }
}

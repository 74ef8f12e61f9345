package dev.postern.signer;

import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.model.Cpu;
import dev.postern.model.Eptp;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.La;
import dev.postern.model.Leaf;
import dev.postern.model.Location;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.Waiver;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.BundleRequest;
import dev.postern.signer.bundle.BundleResult;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.key.Algorithm;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.statement.Terms;
import dev.postern.signer.statement.Tool;
import dev.postern.signer.trust.Role;
import dev.postern.signer.trust.Trust;
import dev.postern.signer.trust.TrustedKey;
import java.nio.charset.StandardCharsets;
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

/** A small policy with all that a bundle carries: code in two views, approvals, a waiver. */
public final class Samples {

  public static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  public static final Instant UNTIL = Instant.parse("2046-01-01T00:00:00Z");
  public static final OperatorKey ALICE =
      OperatorKey.generate("alice", Algorithm.ECDSA_P384, FROM, UNTIL);
  public static final OperatorKey MALLORY =
      OperatorKey.generate("mallory", Algorithm.ECDSA_P384, FROM, UNTIL);

  private static final Location AT = new Location("sample.postern", 1, 1);

  private Samples() {}

  public static Policy policy() {
    Leaf code =
        new Leaf(
            true,
            false,
            true,
            false,
            MemoryType.WB,
            true,
            false,
            false,
            true,
            false,
            false,
            false,
            true);
    Leaf data =
        new Leaf(
            true,
            true,
            false,
            false,
            MemoryType.WB,
            true,
            false,
            false,
            true,
            false,
            false,
            false,
            true);
    Frames gate = new Frames(new Frames.Owner.Loader("tx", "gate"), 0, 4096);
    Frames ring = new Frames(new Frames.Owner.Memory("nat", "ram"), 0x3f000000, 4096);
    View zero =
        new View(
            AT,
            "default",
            "fw",
            0,
            Eptp.DEFAULT,
            Optional.empty(),
            false,
            List.of(),
            Optional.empty());
    View one =
        new View(
            AT,
            "tx",
            "fw",
            1,
            Eptp.DEFAULT,
            Optional.empty(),
            true,
            List.of(
                mapping(
                    "gate",
                    dev.postern.model.Role.TRAMPOLINE,
                    0x1000,
                    gate,
                    code,
                    Optional.of(image())),
                mapping(
                    "ring",
                    dev.postern.model.Role.DESTINATION_WINDOW,
                    0x6000,
                    ring,
                    data,
                    Optional.empty())),
            Optional.empty());
    Vm fw = vm("fw", true, List.of());
    Vm nat =
        vm(
            "nat",
            false,
            List.of(
                new Vm.Approval(
                    AT,
                    "ring",
                    "fw",
                    new Gpa(0x3f000000),
                    4096,
                    true,
                    PageSize.SMALL,
                    ring,
                    Set.of())));
    return new Policy(
        AT,
        "fw-to-nat",
        7,
        new Cpu(
            AT,
            46,
            true,
            Set.of(PageSize.LARGE),
            false,
            false,
            false,
            Map.of(Cpu.Feature.HLAT, true),
            Cpu.L1tf.NOT_AFFECTED),
        List.of(fw, nat),
        List.of(),
        List.of(),
        List.of(zero, one),
        List.of(),
        List.of(),
        List.of(new Waiver(AT, "speculation", "lab hosts only")));
  }

  public static Report report(Policy policy, List<String> missing) {
    return new Report(
        policy.name(),
        policy.version(),
        PolicyJson.sha256(policy),
        List.of("destination-approved", "speculation"),
        missing,
        Verdict.PROVED,
        List.of(new Report.ViewVerdict("tx", 1, "hlat", Verdict.PROVED, Verdict.PROVED)),
        List.of(
            finding("destination-approved", Verdict.PROVED, Optional.empty()),
            finding("speculation", Verdict.WAIVED, Optional.of("lab hosts only"))),
        List.of(new Report.Assumption("K7", "CR3-load exiting is on")));
  }

  public static Finding finding(String rule, Verdict verdict, Optional<String> reason) {
    return new Finding(
        rule,
        List.of("O-35"),
        "tx",
        "ring",
        verdict,
        "inside the approved set",
        reason,
        Optional.of(AT),
        Optional.empty(),
        Optional.of(new Evidence("sweep", Optional.empty(), Optional.of("0".repeat(64)), 0, 17)));
  }

  public static BundleRequest request() {
    return request(report(policy(), List.of()));
  }

  public static BundleRequest request(Report report) {
    return new BundleRequest(
        policy(),
        report,
        text("policy fw-to-nat version 7\n"),
        new TreeMap<>(Map.of("../platform.postern", text("cpu {}\n"))),
        text("{\"schema\":\"postern.plan/1\"}"),
        new TreeMap<>(Map.of("destination-approved.smt2", text("(check-sat)\n"))),
        new Tool("postern", "0.1.0", "z3 4.14.1", 0, 1000),
        Terms.NONE);
  }

  /**
   * A trust in which those are the operators, one of them is enough, and the sample's waiver is
   * fine.
   */
  public static Trust trust(OperatorKey... operators) {
    SortedMap<String, TrustedKey> keys = new TreeMap<>();
    for (OperatorKey key : operators) {
      String person = key.certificate().getSubjectX500Principal().getName().substring(3);
      keys.put(
          key.keyId(),
          new TrustedKey(key.pinned(), person, Optional.empty(), TrustedKey.State.ACTIVE));
    }
    Role everybody = new Role(1, 0, List.copyOf(keys.keySet()));
    return new Trust(
        1,
        Optional.of(UNTIL),
        0,
        Optional.empty(),
        300,
        Map.of(Role.Name.ROOT, everybody, Role.Name.OPERATOR, everybody),
        keys,
        new TreeSet<>(Set.of("speculation")),
        new TreeMap<>(),
        new TreeSet<>());
  }

  public static Bundle unsigned() {
    return created(request());
  }

  public static Bundle created(BundleRequest request) {
    return switch (Bundles.create(request)) {
      case BundleResult.Created(Bundle bundle) -> bundle;
      case BundleResult.Refused(String reason) -> throw new AssertionError(reason);
    };
  }

  public static Bytes text(String text) {
    return Bytes.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Mapping mapping(
      String name,
      dev.postern.model.Role role,
      long gpa,
      Frames frames,
      Leaf leaf,
      Optional<CodeImage> image) {
    return new Mapping(
        AT,
        name,
        role,
        new Gpa(gpa),
        new La(gpa),
        4096,
        PageSize.SMALL,
        frames,
        leaf,
        false,
        image);
  }

  private static CodeImage image() {
    byte[] page = new byte[4096];
    Arrays.fill(page, (byte) 0xcc);
    System.arraycopy(new byte[] {0x31, (byte) 0xc0, 0x0f, 0x01, (byte) 0xd4}, 0, page, 0, 5);
    return new CodeImage(
        "vhost-tx", ".trampoline", Bytes.of(page), 5, new TreeMap<>(Map.of("enter", 0)), List.of());
  }

  private static Vm vm(String name, boolean source, List<Vm.Approval> approvals) {
    return new Vm(
        AT,
        name,
        source,
        !source,
        1,
        List.of(
            new Vm.Memory(
                AT,
                "ram",
                new Gpa(0),
                2L << 30,
                PageSize.SMALL,
                Optional.empty(),
                Vm.Kind.RAM,
                false)),
        new Lock(AT, Set.of(Lock.Kind.HLAT), Optional.empty()),
        new Controls(AT, EnumSet.allOf(Control.class), Controls.STRICT_INTERCEPTS),
        approvals,
        List.of());
  }
}

package dev.postern.verifier.rule;

import static dev.postern.verifier.rule.PolicyBuilder.AT;
import static dev.postern.verifier.rule.PolicyBuilder.withLeaf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Control;
import dev.postern.model.Cpu;
import dev.postern.model.Leaf;
import dev.postern.model.RuleId;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.model.report.Verdict;
import dev.postern.verifier.Options;
import dev.postern.verifier.Verifier;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rules about the VMCS profile and the processor, which need neither frames nor code. */
class HostRulesTest {

  private static final Set<RuleId> HOST = Set.of(RuleId.EVENTS_CONFINED, RuleId.PLATFORM_PINNED);

  private static Report verify(Consumer<PolicyBuilder> change) {
    PolicyBuilder builder = new PolicyBuilder();
    builder.notClaimed = Optional.empty();
    builder.mappings.replaceAll((name, m) -> withLeaf(m, verified(m.leaf())));
    change.accept(builder);
    return Verifier.verify(builder.build(), Options.DEFAULT.withRules(HOST));
  }

  private static Arguments row(String what, Consumer<PolicyBuilder> change, String... refuted) {
    return Arguments.of(what, change, List.of(refuted));
  }

  static Stream<Arguments> policies() {
    return Stream.of(
        row("as it is", p -> {}),
        row("P18: #VE with convertible leaves", p -> convertible(p), "events-confined O-49"),
        row("#VE with bit 63 everywhere", p -> p.held.remove(Control.K12)),
        row(
            "P19: virtual interrupts, descriptor tables free",
            p -> p.held.removeAll(Set.of(Control.K11, Control.K8)),
            "events-confined O-44"),
        row("P19: descriptor tables free, nothing delivered", p -> p.held.remove(Control.K8)),
        row("virtual interrupts into an inert view", p -> p.held.remove(Control.K11)),
        row(
            "virtual interrupts into an open view",
            p -> {
              p.held.remove(Control.K11);
              p.map("ring", m -> withLeaf(m, unverified(m.leaf())));
            },
            "events-confined O-44"),
        row("P20: #DB passes", p -> p.intercepted.remove(1), "events-confined O-47"),
        row("#PF passes into an inert view", p -> p.intercepted.remove(14)),
        row(
            "#PF passes into a view that is not inert",
            p -> {
              p.intercepted.remove(14);
              p.held.remove(Control.K8);
            },
            "events-confined O-45"),
        row(
            "P26: paging can be turned off",
            p -> p.held.removeAll(Set.of(Control.K3, Control.K4)),
            "platform-pinned O-22"),
        row("unrestricted guest, CR0.PE and PG the host's", p -> p.held.remove(Control.K3)),
        row("MSRs the guest's", p -> p.held.remove(Control.K5), "platform-pinned O-22"),
        row(
            "FRED and the registers that govern it",
            p -> {
              p.held.removeAll(Set.of(Control.K4, Control.K5));
              p.cpu = without(p.cpu, Cpu.Feature.FRED);
            },
            "platform-pinned O-22",
            "platform-pinned O-22",
            "platform-pinned O-56",
            "platform-pinned O-79"),
        row(
            "APX not pinned, XSETBV passes",
            p -> {
              p.held.remove(Control.K6);
              p.cpu = without(p.cpu, Cpu.Feature.APX);
            },
            "platform-pinned O-79"),
        row("APX not pinned, XCR0 is", p -> p.cpu = without(p.cpu, Cpu.Feature.APX)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void decides(String what, Consumer<PolicyBuilder> change, List<String> refuted) {
    Report report = verify(change);
    assertThat(
            report.findings().stream()
                .filter(finding -> finding.verdict() == Verdict.REFUTED)
                .map(finding -> finding.rule() + " " + finding.discharges().getFirst()))
        .containsExactlyInAnyOrderElementsOf(refuted);
    assertThat(report.findings())
        .extracting(Finding::verdict)
        .doesNotContain(Verdict.UNKNOWN, Verdict.WAIVED);
    assertThat(report.outcome()).isEqualTo(refuted.isEmpty() ? Verdict.PROVED : Verdict.REFUTED);
  }

  private static void convertible(PolicyBuilder p) {
    p.held.remove(Control.K12);
    p.map(
        "ring",
        m -> {
          Leaf l = m.leaf();
          return withLeaf(
              m,
              new Leaf(
                  l.read(),
                  l.write(),
                  l.execute(),
                  l.userExecute(),
                  l.memoryType(),
                  l.ignorePat(),
                  l.accessed(),
                  l.dirty(),
                  l.verifyGuestPaging(),
                  l.pagingWrite(),
                  l.supervisorShadowStack(),
                  l.subPageWrite(),
                  false));
        });
  }

  private static Leaf verified(Leaf l) {
    return verify(l, true);
  }

  private static Leaf unverified(Leaf l) {
    return verify(l, false);
  }

  /** With guest-paging verification or without. */
  private static Leaf verify(Leaf l, boolean guestPaging) {
    return new Leaf(
        l.read(),
        l.write(),
        l.execute(),
        l.userExecute(),
        l.memoryType(),
        l.ignorePat(),
        l.accessed(),
        l.dirty(),
        guestPaging,
        l.pagingWrite(),
        l.supervisorShadowStack(),
        l.subPageWrite(),
        l.suppressVe());
  }

  /** A processor of which the policy does not say whether it has the feature. */
  private static Cpu without(Cpu cpu, Cpu.Feature feature) {
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(cpu.features());
    features.remove(feature);
    return new Cpu(
        AT,
        cpu.physicalAddressWidth(),
        cpu.executeOnly(),
        cpu.pageSizes(),
        cpu.fiveLevel(),
        cpu.accessedDirty(),
        cpu.shadowStack(),
        features,
        cpu.l1tf());
  }
}

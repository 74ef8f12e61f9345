package dev.postern.loader.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.loader.Samples;
import dev.postern.model.Eptp;
import dev.postern.model.EptpSlot;
import dev.postern.model.Frames;
import dev.postern.model.Mapping;
import dev.postern.model.MemoryType;
import dev.postern.model.Policy;
import dev.postern.model.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The plan says all that is installed; what cannot be is refused by name. */
class PlannerTest {

  @Test
  void thePlanOfThePolicy() {
    InstallPlan plan = Samples.plan();
    assertThat(plan.sources()).extracting(InstallPlan.Source::vm).containsExactly("fw");
    assertThat(plan.sources().getFirst().views())
        .extracting(InstallPlan.Hierarchy::index)
        .containsExactly(0, 1);
    assertThat(plan.contents()).hasSize(1); // one gate page, mapped by two views
    assertThat(plan.canonical()).isEqualTo(Samples.plan().canonical());
  }

  @Test
  void slots() {
    EptpSlot empty = new EptpSlot(Samples.AT, "fw", 9, new EptpSlot.Value.Raw(0));
    assertThat(Planner.plan(Samples.policy(List.of(empty)))).isInstanceOf(PlanResult.Planned.class);
    EptpSlot raw = new EptpSlot(Samples.AT, "fw", 7, new EptpSlot.Value.Raw(0x1001e));
    EptpSlot root =
        new EptpSlot(Samples.AT, "fw", 8, new EptpSlot.Value.RootOf("tx", Eptp.DEFAULT));
    assertThat(Planner.plan(Samples.policy(List.of(raw, root))))
        .isEqualTo(
            new PlanResult.Refused(
                List.of(
                    "slot 7 of fw is raw, which describes an existing system",
                    "slot 8 of fw is raw, which describes an existing system")));
  }

  @Test
  void whatNobodyInstalls() {
    assertThat(
            refused(view ->
                new View(
                    view.at(),
                    view.name(),
                    view.vm(),
                    view.index(),
                    new Eptp(MemoryType.WB, 5, false, false),
                    view.root(),
                    view.suppressVeAbsent(),
                    view.mappings(),
                    view.mediationNotClaimed())))
        .containsExactly("view tx: only 4-level EPT is built");
    assertThat(
            refused(
                mappings(mapping ->
                    new Mapping(
                        mapping.at(),
                        mapping.name(),
                        mapping.role(),
                        mapping.gpa(),
                        mapping.la(),
                        mapping.size(),
                        mapping.pageSize(),
                        mapping.frames(),
                        Samples.leaf("---", MemoryType.WB),
                        mapping.perVcpu(),
                        mapping.image()))))
        .hasSize(3)
        .allMatch(reason -> reason.endsWith("so its entries would map nothing"));
    assertThat(
            refused(
                mappings(mapping ->
                    new Mapping(
                        mapping.at(),
                        mapping.name(),
                        mapping.role(),
                        mapping.gpa(),
                        mapping.la(),
                        mapping.size(),
                        mapping.pageSize(),
                        new Frames(
                            new Frames.Owner.Memory("fw", "ram"), 0, mapping.frames().size()),
                        mapping.leaf(),
                        mapping.perVcpu(),
                        mapping.image()))))
        .containsExactly(
            "mapping tx.gate: its content would lie in a virtual machine's memory",
            "mapping tx.stack: per-vCPU frames must be the loader's");
  }

  @Test
  void aSourceStartsInItsDefaultView() {
    assertThat(
            refused(view ->
                new View(
                    view.at(),
                    view.name(),
                    "nat",
                    view.index(),
                    view.eptp(),
                    view.root(),
                    view.suppressVeAbsent(),
                    view.mappings(),
                    view.mediationNotClaimed())))
        .isEmpty();
    Policy policy = Samples.policy();
    Policy without = policy.withViews(policy.views().subList(1, 2));
    assertThat(Planner.plan(without))
        .isEqualTo(
            new PlanResult.Refused(List.of("vm fw: no default view at index 0 to start in")));
  }

  @Test
  void framesAtTheEndOfTheAddressSpace() {
    assertThat(
            refused(
                mappings(mapping ->
                    new Mapping(
                        mapping.at(),
                        mapping.name(),
                        mapping.role(),
                        mapping.gpa(),
                        mapping.la(),
                        mapping.size(),
                        mapping.pageSize(),
                        new Frames(
                            new Frames.Owner.Loader("tx", mapping.name()),
                            -mapping.size(),
                            mapping.size()),
                        mapping.leaf(),
                        mapping.perVcpu(),
                        Optional.empty()))))
        .hasSize(3)
        .allMatch(reason -> reason.endsWith("frames beyond 52 physical-address bits"));
  }

  private static UnaryOperator<View> mappings(UnaryOperator<Mapping> change) {
    return view -> view.withMappings(view.mappings().stream().map(change).toList());
  }

  private static List<String> refused(UnaryOperator<View> change) {
    Policy policy = Samples.policy();
    List<View> views = new ArrayList<>(policy.views());
    views.set(1, change.apply(views.get(1)));
    Policy changed = policy.withViews(views);
    return switch (Planner.plan(changed)) {
      case PlanResult.Planned _ -> List.of();
      case PlanResult.Refused(List<String> reasons) -> reasons;
    };
  }
}

package dev.postern.model;

import java.util.List;
import java.util.Optional;

/**
 * A policy, resolved: names are bound, defaults written out, code loaded and relocated.
 *
 * @param name the policy set it belongs to
 * @param version grows with every release of the set, 0..2^63-1
 */
public record Policy(
    Location at,
    String name,
    long version,
    Cpu cpu,
    List<Vm> vms,
    List<DmaDomain> dmaDomains,
    List<ControlRegion> controlRegions,
    List<View> views,
    List<EptpSlot> slots,
    List<Gate> gates,
    List<Waiver> waivers) {

  public Policy {
    vms = List.copyOf(vms);
    dmaDomains = List.copyOf(dmaDomains);
    controlRegions = List.copyOf(controlRegions);
    views = List.copyOf(views);
    slots = List.copyOf(slots);
    gates = List.copyOf(gates);
    waivers = List.copyOf(waivers);
  }

  /** The same with other views. */
  public Policy withViews(List<View> others) {
    return new Policy(
        at, name, version, cpu, vms, dmaDomains, controlRegions, others, slots, gates, waivers);
  }

  public Optional<Vm> vm(String vmName) {
    return vms.stream().filter(vm -> vm.name().equals(vmName)).findFirst();
  }

  /** Whether {@code D5} cannot be a REX2 prefix: no APX, and XCR0 cannot enable it (O-09). */
  public boolean rex2Excluded(Vm vm) {
    return cpu.without(Cpu.Feature.APX) && vm.controls().holds(Control.K6);
  }

  public Optional<View> view(String viewName) {
    return views.stream().filter(view -> view.name().equals(viewName)).findFirst();
  }

  /** The views of one source VM, by EPTP-list index as written. */
  public List<View> viewsOf(String vmName) {
    return views.stream().filter(view -> view.vm().equals(vmName)).toList();
  }
}

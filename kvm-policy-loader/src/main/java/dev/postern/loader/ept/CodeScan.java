package dev.postern.loader.ept;

import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.model.Control;
import dev.postern.model.Cpu;
import dev.postern.model.Gate;
import dev.postern.model.Hpa;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code vmfunc-confined} once more, on the frames an image maps executable: VMFUNC's bytes stand
 * at declared sites of trampolines and nowhere else, at any offset and over any edge of two pages
 * of a view (the attacker's page tables choose which follow each other).
 */
public final class CodeScan {

  private static final int PAGE = 4096;

  private final EptImage image;
  private final Policy policy;
  private final InstallPlan plan;
  private final List<ByteRules.Violation> violations = new ArrayList<>();

  private CodeScan(EptImage image, Policy policy, InstallPlan plan) {
    this.image = image;
    this.policy = policy;
    this.plan = plan;
  }

  /** Every undeclared VMFUNC in the executable pages of views that claim mediation. */
  public static List<ByteRules.Violation> scan(EptImage image, Policy policy, InstallPlan plan) {
    CodeScan scan = new CodeScan(image, policy, plan);
    for (EptImage.EptpList list : image.lists()) {
      for (View view : policy.viewsOf(list.vm())) {
        if (!view.isDefault() && view.mediationNotClaimed().isEmpty()) {
          scan.view(list, view);
        }
      }
    }
    return scan.violations.stream().distinct().toList();
  }

  private void view(EptImage.EptpList list, View view) {
    Vm vm = policy.vm(list.vm()).orElseThrow();
    boolean noApx =
        policy.cpu().without(Cpu.Feature.APX) && vm.controls().holds(Control.K6); // O-09
    Set<Long> declared = declared(vm);
    TreeMap<Long, Bytes> pages = new TreeMap<>();
    long eptp = word(list.host().value(), view.index());
    EptWalker.Walk walk =
        EptWalker.walk(
            eptp,
            host ->
                Optional.ofNullable(image.pages().get(new Hpa(host)))
                    .map(page -> words(page.bytes())),
            plan.physicalAddressWidth(),
            vm.controls().holds(Control.K13),
            view.suppressVeAbsent());
    for (EptWalker.Range range : walk.ranges()) {
      if (range.execute() || range.user()) {
        for (long at = 0; at < range.size(); at += PAGE) {
          long gpa = range.gpa() + at;
          ByteRules.content(image, range.frame() + at)
              .ifPresentOrElse(
                  bytes -> pages.put(gpa, bytes),
                  () ->
                      violate(
                          view,
                          "executable page " + ByteRules.hex(gpa) + " holds no signed content"));
        }
      }
    }
    pages.forEach((gpa, bytes) -> {
      for (VmfuncBytes.Occurrence found : VmfuncBytes.in(bytes.toArray())) {
        boolean site = !found.rex2() && declaredSite(view, gpa, found, declared);
        if (!site && !(found.rex2() && noApx)) {
          violate(
              view, "VMFUNC at " + ByteRules.hex(gpa + found.start()) + ", which no gate declares");
        }
      }
    });
    pages.forEach((first, tail) ->
        pages.forEach((second, head) -> {
          for (VmfuncBytes.Occurrence found : VmfuncBytes.across(tail.toArray(), head.toArray())) {
            if (!(found.rex2() && noApx)) {
              violate(
                  view,
                  "the end of "
                      + ByteRules.hex(first)
                      + " and the beginning of "
                      + ByteRules.hex(second)
                      + " make a VMFUNC");
            }
          }
        }));
  }

  private static boolean declaredSite(
      View view, long gpa, VmfuncBytes.Occurrence found, Set<Long> declared) {
    for (Mapping mapping : view.mappings()) {
      long from = gpa - mapping.gpa().value();
      if (mapping.role() == Role.TRAMPOLINE && from >= 0 && from < mapping.size()) {
        return declared.contains(mapping.la().value() + from + found.end());
      }
    }
    return false;
  }

  private Set<Long> declared(Vm vm) {
    Set<Long> ends = new HashSet<>();
    for (Gate gate : policy.gates()) {
      if (policy.view(gate.to()).map(to -> to.vm().equals(vm.name())).orElse(false)) {
        ends.add(gate.entered().value());
        ends.add(gate.left().value());
      }
    }
    return ends;
  }

  private long word(long host, int index) {
    EptImage.Page page = image.pages().get(new Hpa(host));
    return page == null ? 0 : words(page.bytes())[index];
  }

  private static long[] words(Bytes page) {
    long[] words = new long[512];
    ByteBuffer.wrap(page.toArray()).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
    return words;
  }

  private void violate(View view, String detail) {
    violations.add(
        new ByteRules.Violation("vmfunc-confined", "view " + view.name() + ": " + detail));
  }
}

package dev.postern.silicon;

import dev.postern.model.Policy;
import dev.postern.model.Vm;
import java.util.Comparator;

/**
 * Where the source guest keeps its own things, in its own memory: a page table page, code, a stack.
 * Its whole memory stands at {@link #LINEAR} plus guest-physical address, as a kernel's direct map.
 */
public final class Attacker {

  /** Linear address of guest-physical address 0. */
  public static final long LINEAR = 0xffff_8000_0000_0000L;

  static final long SIZE = 0x4000;
  static final long CODE = 0x1000;
  static final long STACK = 0x3000;

  private Attacker() {}

  /** The region they are in: the largest. */
  static Vm.Memory region(Vm vm) {
    return vm.memory().stream().max(Comparator.comparingLong(Vm.Memory::size)).orElseThrow();
  }

  /** Offset of its pages in {@code region}. */
  static long offset(Vm.Memory region) {
    return region.size() / 2 & -0x1000L;
  }

  /** Guest-physical address of its pages. */
  static long base(Policy policy, String vm) {
    Vm.Memory region = region(policy.vm(vm).orElseThrow());
    return region.gpa().value() + offset(region);
  }

  /** Linear address of its code. */
  public static long code(Policy policy, String vm) {
    return LINEAR + base(policy, vm) + CODE;
  }

  /** Linear address of its stack. */
  public static long stack(Policy policy, String vm) {
    return LINEAR + base(policy, vm) + STACK;
  }
}

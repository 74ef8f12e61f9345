package dev.postern.model;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What a policy says holds each time a loop's head is reached. It is checked like one that is found
 * and never assumed: {@code rcx <= 0x40}, {@code rdi = 0x5000 + 8 * rcx}.
 *
 * @param head linear address of the instruction that each round comes back to
 * @param holds all of these, of the registers and the stack before that instruction
 */
public record LoopInvariant(Location at, La head, List<Comparison> holds) {

  public LoopInvariant {
    holds = List.copyOf(holds);
    if (holds.isEmpty()) {
      throw new IllegalArgumentException("an invariant says something");
    }
  }

  /** Of two sums modulo 2^64, as numbers without a sign. */
  public record Comparison(Sum left, Relation relation, Sum right) {
    @Override
    public String toString() {
      return left + " " + relation + " " + right;
    }
  }

  /** How two sums compare; what is greater is written on the right. */
  public enum Relation {
    LESS("<"),
    AT_MOST("<="),
    EQUAL("=");

    private final String sign;

    Relation(String sign) {
      this.sign = sign;
    }

    @Override
    public String toString() {
      return sign;
    }
  }

  /** Addends in the order they are written; the first is not one that is taken off. */
  public record Sum(List<Addend> addends) {
    public Sum {
      addends = List.copyOf(addends);
      if (addends.isEmpty()) {
        throw new IllegalArgumentException("a sum has an addend");
      }
    }

    @Override
    public String toString() {
      return addends.getFirst().toString()
          + addends.stream()
              .skip(1)
              .map(a -> a.negative() ? " - " + a.negated() : " + " + a)
              .collect(Collectors.joining());
    }
  }

  /** {@code times} that many, modulo 2^64. */
  public record Addend(long times, Quantity quantity) {

    /** Whether it is written as something taken off. */
    public boolean negative() {
      return times < 0 && !(quantity instanceof Quantity.One);
    }

    Addend negated() {
      return new Addend(-times, quantity);
    }

    @Override
    public String toString() {
      String much = "0x" + Long.toHexString(times);
      return switch (quantity) {
        case Quantity.One one -> much;
        case Quantity.InRegister in -> times == 1 ? in.toString() : much + " * " + in;
        case Quantity.OnStack on -> times == 1 ? on.toString() : much + " * " + on;
      };
    }
  }

  /** What a sum is made of, 64 bits. */
  public sealed interface Quantity {

    /** A constant is so many times one. */
    record One() implements Quantity {}

    record InRegister(Register register) implements Quantity {
      @Override
      public String toString() {
        return register.toString();
      }
    }

    /**
     * Little-endian and without a sign, in private memory above the stack pointer.
     *
     * @param offset from RSP, 0 or more
     * @param bytes 1, 2, 4 or 8
     */
    record OnStack(long offset, int bytes) implements Quantity {
      public OnStack {
        if (offset < 0 || Long.bitCount(bytes) != 1 || bytes < 1 || bytes > 8) {
          throw new IllegalArgumentException("a stack slot has 1, 2, 4 or 8 bytes above RSP");
        }
      }

      @Override
      public String toString() {
        return "[rsp + 0x%x size %d]".formatted(offset, bytes);
      }
    }
  }
}

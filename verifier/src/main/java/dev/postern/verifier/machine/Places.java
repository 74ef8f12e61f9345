package dev.postern.verifier.machine;

import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.verifier.smt.Operator;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The places a computed address can lead to, where they are few and lie in one mapping whose
 * content is known exactly: an array in private memory, a table in read-only data. The solver has
 * shown that there are no others on the path.
 *
 * @param mapping where all of them are
 * @param addresses linear, ascending
 */
record Places(Mapping mapping, List<Long> addresses) {

  /** More are not told apart. */
  private static final int MOST = 256;

  /** How far from a mapping the constant part of an address into it may be. */
  private static final long NEAR = 4096;

  Places {
    addresses = List.copyOf(addresses);
  }

  static Optional<Places> of(
      Explorer explorer, State state, Term address, int bytes, boolean write) {
    Optional<Long> base = constantPart(address);
    if (base.isEmpty()) {
      return Optional.empty();
    }
    for (Mapping mapping : explorer.space().mappings()) {
      long from = base.get() - mapping.la().value() + NEAR;
      boolean near = Long.compareUnsigned(from, mapping.size() + 2 * NEAR) < 0;
      if (near && exact(mapping, write) && mapping.size() >= bytes) {
        Optional<Places> found = within(explorer, state, address, bytes, mapping);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /** Whether the mapping's content at each moment is what the machine has of it. */
  private static boolean exact(Mapping mapping, boolean write) {
    return write
        ? mapping.role() == Role.PRIVATE && mapping.leaf().write()
        : mapping.leaf().read()
            && (mapping.role() == Role.PRIVATE
                || (mapping.image().isPresent() && !AddressSpace.shared(mapping)));
  }

  /** Where to look; a guess. A scaled index is a sum with zeros behind it. */
  private static Optional<Long> constantPart(Term address) {
    if (address instanceof Term.Apply apply
        && apply.operator() == Operator.CONCAT
        && apply.operand(1) instanceof Term.Constant low
        && low.width() < 8) {
      return constantPart(apply.operand(0)).map(part -> part << low.width() | low.value().low());
    }
    if (address instanceof Term.Apply apply && apply.operator() == Operator.ADD) {
      for (int i = 0; i < 2; i++) {
        if (apply.operand(i) instanceof Term.Constant constant) {
          return Optional.of(constant.value().low());
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Places> within(
      Explorer explorer, State state, Term address, int bytes, Mapping mapping) {
    TermAlgebra algebra = explorer.algebra();
    long start = mapping.la().value();
    long last = mapping.size() - bytes;
    Term offset = algebra.sub(address, algebra.constant(64, start));
    if (!explorer.excluded(state.condition(), algebra.ult(algebra.constant(64, last), offset))) {
      return Optional.empty();
    }
    long low = lowest(explorer, state, offset, last);
    long span = span(explorer, state, algebra.sub(offset, algebra.constant(64, low)), last - low);
    long step = step(algebra.sub(offset, algebra.constant(64, low)));
    if (span / step >= MOST) {
      return Optional.empty();
    }
    List<Long> addresses = new ArrayList<>();
    for (long at = low; at <= low + span && at <= last; at += step) {
      addresses.add(start + at);
    }
    return Optional.of(new Places(mapping, addresses));
  }

  /** The constant part if nothing lies before it; an index counts from there. */
  private static long lowest(Explorer explorer, State state, Term offset, long last) {
    TermAlgebra algebra = explorer.algebra();
    long part = constantPart(offset).orElse(0L);
    boolean counts =
        Long.compareUnsigned(part, last) <= 0
            && explorer.excluded(
                state.condition(), algebra.ult(offset, algebra.constant(64, part)));
    return counts ? part : 0;
  }

  /** A bound of {@code distance}, by doubling; {@code most} is one. */
  private static long span(Explorer explorer, State state, Term distance, long most) {
    for (long bound = 8; bound < most && bound <= 8 * MOST; bound *= 2) {
      Term beyond = explorer.algebra().ult(explorer.algebra().constant(64, bound - 1), distance);
      if (explorer.excluded(state.condition(), beyond)) {
        return bound - 1;
      }
    }
    return most;
  }

  /** The power of two that every distance is a multiple of, at most 16. */
  private static long step(Term distance) {
    long zeros = distance.facts().zeros();
    return 1L << Math.min(4, Long.numberOfTrailingZeros(~zeros));
  }
}

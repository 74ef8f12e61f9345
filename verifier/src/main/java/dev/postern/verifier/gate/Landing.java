package dev.postern.verifier.gate;

import dev.postern.model.Mapping;
import dev.postern.model.View;

/**
 * A place where execution can continue behind a VMFUNC that switched to {@code view}.
 *
 * @param index the EPTP-list index in ECX
 * @param la linear address
 * @param mapping the executable mapping it lies in
 * @param approach how the attacker gets there
 */
public record Landing(View view, int index, long la, Mapping mapping, Approach approach) {

  /** How execution gets to a landing; also how a counterexample starts. */
  public sealed interface Approach {

    /** The VMFUNC at {@code site} in a signed page, which {@code fromIndex} may execute. */
    record Site(int fromIndex, long site, int length) implements Approach {}

    /** The attacker's own VMFUNC, in the three bytes before the landing, in the default view. */
    record OwnCode() implements Approach {}

    /**
     * The attacker's own VMFUNC, in the last three bytes of a page of its own that the lock puts
     * before the landing: {@code gpa} is the last byte's address, in view {@code fromIndex}.
     */
    record OwnPage(int fromIndex, long gpa) implements Approach {}

    /**
     * A signed page with a VMFUNC, mapped in the default view where the landing's page lies: {@code
     * gpa} is the signed page's address, {@code offset} the VMFUNC's in it.
     */
    record Alias(long gpa, int offset) implements Approach {}
  }

  /** Offset in the mapping. */
  public long offset() {
    return la - mapping.la().value();
  }

  /** As findings name it: "trampoline+0x47". */
  public String subject() {
    return mapping.name() + "+0x" + Long.toHexString(offset());
  }

  /** Whether the landing is behind a VMFUNC in a signed page at its own address. */
  public boolean atSite() {
    return approach instanceof Approach.Site;
  }
}

package dev.postern.verifier.concrete;

import dev.postern.x86.ExceptionVector;
import dev.postern.x86.Mnemonic;

/** Why a run on the concrete machine ended. */
public sealed interface Stop {

  /** EPT violation (exit 48): {@code view} refuses {@code kind} at {@code gpa}. */
  record EptViolation(int view, long la, long gpa, AccessKind kind) implements Stop {
    @Override
    public String toString() {
      return "EPT violation (" + kind.letter() + ") at gpa 0x" + Long.toHexString(gpa);
    }
  }

  /** EPT misconfiguration (exit 49). */
  record EptMisconfiguration(int view, long gpa) implements Stop {
    @Override
    public String toString() {
      return "EPT misconfiguration at gpa 0x" + Long.toHexString(gpa);
    }
  }

  /** No page table maps the linear address: #PF, intercepted or fatal. */
  record NoTranslation(int view, long la) implements Stop {
    @Override
    public String toString() {
      return "no translation for la 0x" + Long.toHexString(la);
    }
  }

  /** VMFUNC failed (exit 59): EAX not 0, ECX over 511, or an invalid EPTP. */
  record VmfuncExit(int ecx) implements Stop {
    @Override
    public String toString() {
      return "VM exit 59 (VMFUNC, ecx=0x" + Integer.toHexString(ecx) + ")";
    }
  }

  /** An instruction that always exits: VMCALL, CPUID and the like. */
  record VmExit(Mnemonic mnemonic) implements Stop {
    @Override
    public String toString() {
      return "VM exit on " + mnemonic.name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** An exception, intercepted by the hypervisor or delivered through the guest's IDT. */
  record Raised(ExceptionVector vector, boolean intercepted) implements Stop {
    @Override
    public String toString() {
      return "#" + vector + (intercepted ? ", intercepted" : ", delivered through the guest's IDT");
    }
  }

  /** Execution came back to the caller's return address in the default view. */
  record Returned() implements Stop {
    @Override
    public String toString() {
      return "returned to the caller";
    }
  }

  /** The instruction budget ran out. */
  record Budget() implements Stop {
    @Override
    public String toString() {
      return "instruction budget used up";
    }
  }

  /** An encoding that the SDM reserves: no manual says what comes next. */
  record Reserved(String what) implements Stop {
    @Override
    public String toString() {
      return "reserved encoding: " + what;
    }
  }

  /** Something this machine does not execute. */
  record Unmodelled(String what) implements Stop {
    @Override
    public String toString() {
      return "not modelled: " + what;
    }
  }
}

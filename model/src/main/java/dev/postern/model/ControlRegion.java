package dev.postern.model;

/** Frames that hold the hypervisor's control structures, where the policy fixes them (O-34). */
public record ControlRegion(Location at, Kind kind, Frames frames) {

  /** Which structure. */
  public enum Kind {
    EPT_TABLES,
    EPTP_LIST,
    VMCS,
    VE_INFORMATION,
    MSR_BITMAP,
    IO_BITMAP,
    PML,
    POSTED_INTERRUPT_DESCRIPTOR,
    HLAT_TABLES
  }
}

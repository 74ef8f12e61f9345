package dev.postern.model;

/**
 * The VMCS profile the hypervisor holds while a source VM has protected views (security model
 * §1.1). A policy has all of them unless it says otherwise; each one held is an assumption of every
 * proof and is attested by the loader.
 */
public enum Control {
  K1(
      "vmfunc-leaves",
      "eptp-switching",
      "any",
      "VM-function controls enable EPTP switching and nothing else"),
  K2("vpid", "on", "off", "VPID is enabled, so VMFUNC invalidates no translation"),
  K3(
      "unrestricted-guest",
      "off",
      "on",
      "unrestricted guest is off, or CR0.PE and CR0.PG are host-owned and EFER writes are intercepted"),
  K4(
      "control-registers",
      "pinned",
      "guest-owned",
      "CR0 and CR4 masks own PE, PG, WP, PAE, PSE, LA57, CET, PKE, PKS, LAM, FRED, UINTR, VMXE at their pinned values"),
  K5(
      "msr-writes",
      "intercepted",
      "pass",
      "writes to EFER, DS_AREA, PEBS_ENABLE, DEBUGCTL, RTIT_*, FRED_*, UINTR_*, PKRS, CET MSRs and XSS are intercepted"),
  K6(
      "xsetbv",
      "pinned",
      "pass",
      "XSETBV exits and XCR0 stays within its pinned mask, bit 19 (APX) clear"),
  K7(
      "cr3-load",
      "exits",
      "passes",
      "CR3-load exiting is on with no CR3 target the guest can choose"),
  K8(
      "descriptor-tables",
      "exit",
      "pass",
      "descriptor-table exiting is on; IDTR, GDTR, LDTR and TR bases stay out of the protected linear range"),
  K9("intercept", "", "", "the exception bitmap intercepts the declared vectors"),
  K10("external-interrupts", "exit", "deliver", "external interrupts and NMIs exit"),
  K11(
      "virtual-interrupts",
      "off",
      "on",
      "virtual-interrupt delivery and posted interrupts are off"),
  K12("ept-ve", "off", "on", "EPT-violation #VE is off"),
  K13("mbec", "on", "off", "mode-based execute control is on"),
  K14("sub-page-permissions", "off", "on", "sub-page write permissions are off"),
  K15("hlat", "on", "off", "HLAT, EPT paging-write control and guest-paging verification are on"),
  K16("eptp-fields", "declared", "any", "EPTP bits 6 and 7 of each view are those declared"),
  K17("mov-dr", "exits", "passes", "MOV-DR exiting is on"),
  K18("nested", "off", "on", "nested VMX is off for the source VM"),
  K19(
      "preemption-timer",
      "armed",
      "off",
      "the VMX-preemption timer bounds time in a protected view"),
  K20(
      "dma",
      "excluded",
      "any",
      "no IOMMU domain maps a frame with role T, Cd, S, H or a control frame");

  private final String word;
  private final String strict;
  private final String lax;
  private final String text;

  Control(String word, String strict, String lax, String text) {
    this.word = word;
    this.strict = strict;
    this.lax = lax;
    this.text = text;
  }

  /** The language's word for it. */
  public String word() {
    return word;
  }

  /** The setting that holds the control; empty for the one that takes a set (K9). */
  public String strict() {
    return strict;
  }

  /** The setting that does not. */
  public String lax() {
    return lax;
  }

  /** What the host holds, as a sentence. */
  public String text() {
    return text;
  }
}

package dev.postern.model;

import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * The processor the proofs are for; the loader refuses one that differs.
 *
 * @param physicalAddressWidth MAXPHYADDR in bits, 32..52
 * @param executeOnly IA32_VMX_EPT_VPID_CAP bit 0
 * @param pageSizes leaf sizes besides 4 KiB (bits 16 and 17)
 * @param fiveLevel bit 7
 * @param accessedDirty bit 21
 * @param shadowStack bit 23
 * @param features presence of each feature the policy mentions; the rest is unpinned
 * @param l1tf whether the part is affected by L1 terminal fault
 */
public record Cpu(
    Location at,
    int physicalAddressWidth,
    boolean executeOnly,
    Set<PageSize> pageSizes,
    boolean fiveLevel,
    boolean accessedDirty,
    boolean shadowStack,
    Map<Feature, Boolean> features,
    L1tf l1tf) {

  /** A feature that changes what machine code or paging structures mean. */
  public enum Feature {
    HLAT,
    MBEC,
    SPP,
    APX,
    LA57,
    FRED,
    UINTR,
    CET,
    LAM,
    PKU,
    PKS,
    MDS_AFFECTED
  }

  /** L1 terminal fault: RDCL_NO or equivalent. */
  public enum L1tf {
    NOT_AFFECTED,
    AFFECTED
  }

  public Cpu {
    pageSizes =
        Collections.unmodifiableSet(
            pageSizes.isEmpty() ? EnumSet.noneOf(PageSize.class) : EnumSet.copyOf(pageSizes));
    Map<Feature, Boolean> copy = new EnumMap<>(Feature.class);
    copy.putAll(features);
    features = Collections.unmodifiableMap(copy);
    if (physicalAddressWidth < 32 || physicalAddressWidth > 52) {
      throw new IllegalArgumentException(
          "physical-address width " + physicalAddressWidth + " outside 32..52");
    }
  }

  /** Whether the policy pins the feature as present. */
  public boolean with(Feature feature) {
    return Boolean.TRUE.equals(features.get(feature));
  }

  /** Whether the policy pins the feature as absent. */
  public boolean without(Feature feature) {
    return Boolean.FALSE.equals(features.get(feature));
  }
}

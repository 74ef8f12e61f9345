package dev.postern.model;

import java.util.List;
import java.util.Optional;

/**
 * One EPT hierarchy: one entry of the source VM's EPTP list.
 *
 * @param vm the source VM
 * @param index EPTP-list index, 0..511; 0 is the default view
 * @param root host-physical address of the PML4 table where the policy fixes it
 * @param suppressVeAbsent whether entries that map nothing have bit 63 set
 * @param mappings disjoint in GPA, sorted by it
 * @param mediationNotClaimed the written reason, where only confinement is claimed
 */
public record View(
    Location at,
    String name,
    String vm,
    int index,
    Eptp eptp,
    Optional<Hpa> root,
    boolean suppressVeAbsent,
    List<Mapping> mappings,
    Optional<String> mediationNotClaimed) {

  public View {
    mappings = List.copyOf(mappings);
    if (index < 0 || index > 511) {
      throw new IllegalArgumentException("EPTP-list index " + index + " outside 0..511");
    }
    for (int i = 1; i < mappings.size(); i++) {
      Mapping previous = mappings.get(i - 1);
      if (Long.compareUnsigned(
              previous.gpa().value() + previous.size() - 1, mappings.get(i).gpa().value())
          >= 0) {
        throw new IllegalArgumentException(
            "view "
                + name
                + ": "
                + previous.name()
                + " and "
                + mappings.get(i).name()
                + " overlap");
      }
    }
  }

  /** The same with other mappings. */
  public View withMappings(List<Mapping> others) {
    return new View(at, name, vm, index, eptp, root, suppressVeAbsent, others, mediationNotClaimed);
  }

  /** Whether this is the view the guest starts in, EPTP-list index 0. */
  public boolean isDefault() {
    return index == 0;
  }
}

package dev.postern.verifier.access;

import dev.postern.model.Cpu;
import dev.postern.model.Gpa;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import java.util.List;

/** The EPT of one view, walked for one address at a time. */
final class EptView {

  /** What a walk ends in. */
  sealed interface Walk {

    /** An entry that maps nothing, or none: EPT violation. */
    record Absent() implements Walk {}

    /** EPT misconfiguration, whatever the access. */
    record Misconfigured(String why, Mapping mapping) implements Walk {}

    /** A present leaf. */
    record Page(HostFrame frame, Mapping mapping) implements Walk {
      boolean allows(Access.Kind kind) {
        Leaf leaf = mapping.leaf();
        return switch (kind) {
          case R -> leaf.read();
          case W -> written(mapping.role(), leaf);
          case X -> leaf.execute() || leaf.userExecute();
        };
      }
    }
  }

  private final Policy policy;
  private final View view;

  EptView(Policy policy, View view) {
    this.policy = policy;
    this.view = view;
  }

  Walk walk(Gpa gpa) {
    List<Mapping> mappings = view.mappings();
    int low = 0;
    int high = mappings.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Mapping mapping = mappings.get(middle);
      long into = gpa.value() - mapping.gpa().value();
      if (Long.compareUnsigned(into, mapping.size()) < 0) {
        return leaf(mapping, into);
      }
      if (gpa.compareTo(mapping.gpa()) < 0) {
        high = middle - 1;
      } else {
        low = middle + 1;
      }
    }
    return new Walk.Absent();
  }

  private Walk leaf(Mapping mapping, long into) {
    Leaf leaf = mapping.leaf();
    Cpu cpu = policy.cpu();
    boolean user = leaf.userExecute() && !cpu.without(Cpu.Feature.MBEC);
    if (!(leaf.read() || leaf.write() || leaf.execute() || user)) {
      return new Walk.Absent();
    }
    HostFrame frame = HostFrame.of(policy, mapping.frames(), into);
    String why = "";
    if (leaf.write() && !leaf.read()) {
      why = "writable and not readable";
    } else if (!leaf.read() && !cpu.executeOnly()) {
      why = "execute-only on a processor without it";
    } else {
      why =
          switch (leaf.memoryType()) {
            case UC, WC, WT, WP, WB -> "";
            case RESERVED_2, RESERVED_3, RESERVED_7 -> "a reserved memory type";
          };
    }
    if (why.isEmpty() && mapping.pageSize() != PageSize.SMALL) {
      long page = frame.owner().equals("host") ? frame.offset() - (into & -4096L) : 0;
      if (!cpu.pageSizes().contains(mapping.pageSize())) {
        why = "a large page the processor does not have";
      } else if (page % mapping.pageSize().bytes() != 0) {
        why = "a large page on unaligned frames";
      }
    }
    if (why.isEmpty()
        && frame.owner().equals("host")
        && frame.offset() >>> cpu.physicalAddressWidth() != 0) {
      why = "a frame beyond the physical-address width";
    }
    return why.isEmpty() ? new Walk.Page(frame, mapping) : new Walk.Misconfigured(why, mapping);
  }

  /** Whether the page can change through this leaf, by whatever bit. */
  static boolean written(Role role, Leaf leaf) {
    boolean defeated = leaf.subPageWrite() || leaf.supervisorShadowStack();
    boolean walker = leaf.pagingWrite() && role != Role.PAGING;
    return leaf.write() || defeated || walker;
  }
}

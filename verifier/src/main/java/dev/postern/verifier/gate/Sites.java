package dev.postern.verifier.gate;

import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.x86.VmfuncScanner;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Where VMFUNC's bytes stand in pages whose content is known. */
public final class Sites {

  private Sites() {}

  /**
   * One encoding.
   *
   * @param offset in the mapping
   * @param length 3 for {@code 0F 01 D4}, 4 for the REX2 form {@code D5 pp 01 D4}
   */
  public record Site(View view, Mapping mapping, int offset, int length) {

    public long la() {
      return mapping.la().value() + offset;
    }

    /** Linear address behind it. */
    public long end() {
      return la() + length;
    }

    public String subject() {
      return mapping.name() + "+0x" + Integer.toHexString(offset);
    }
  }

  /** Every encoding in every executable page of {@code view}, at any offset. */
  public static List<Site> of(View view) {
    List<Site> sites = new ArrayList<>();
    for (Mapping mapping : view.mappings()) {
      if (executable(mapping) && mapping.image().isPresent()) {
        byte[] bytes = mapping.image().get().bytes().toArray();
        for (int offset : VmfuncScanner.sites(bytes)) {
          int length = (bytes[offset] & 0xff) == 0xd5 ? 4 : 3;
          sites.add(new Site(view, mapping, offset, length));
        }
      }
    }
    return sites;
  }

  /** Pages of the guest's own that it may execute in {@code view}. */
  record OwnPages(View view, Mapping mapping) {}

  /**
   * The sites of one VM's views, and what else of them decides where a VMFUNC can land. Learnt
   * once, since a landing in any view may be behind a site of any other.
   *
   * @param views of the VM, as written
   * @param all as views and their pages come
   * @param byEnd by the linear address behind a site, unsigned; of several the first
   * @param own pages that may be executed and are not signed code, as views come
   */
  record OfVm(
      List<View> views, List<Site> all, NavigableMap<Long, Site> byEnd, List<OwnPages> own) {

    static final OfVm NONE = new OfVm(List.of(), List.of(), new TreeMap<>(), List.of());

    static OfVm of(Policy policy, Vm vm) {
      List<Site> all = Sites.of(policy, vm);
      NavigableMap<Long, Site> byEnd = new TreeMap<>(Long::compareUnsigned);
      all.forEach(site -> byEnd.putIfAbsent(site.end(), site));
      List<View> views = policy.viewsOf(vm.name());
      List<OwnPages> own =
          views.stream()
              .flatMap(view ->
                  view.mappings().stream()
                      .filter(mapping -> executable(mapping) && !signed(mapping))
                      .map(mapping -> new OwnPages(view, mapping)))
              .toList();
      return new OfVm(views, all, byEnd, own);
    }

    /** Sites behind which {@code mapping} lies, in the order of addresses. */
    Collection<Site> before(Mapping mapping) {
      long first = mapping.la().value();
      return byEnd.subMap(first, true, first + (mapping.size() - 1), true).values();
    }
  }

  /** Every encoding in every view of {@code vm} that counts under the policy's platform. */
  private static List<Site> of(Policy policy, Vm vm) {
    boolean noApx = policy.rex2Excluded(vm);
    return policy.viewsOf(vm.name()).stream()
        .flatMap(view -> of(view).stream())
        .filter(site -> site.length() == 3 || !noApx)
        .toList();
  }

  private static boolean signed(Mapping mapping) {
    boolean code = mapping.role() == Role.TRAMPOLINE || mapping.role() == Role.CODE;
    return code && mapping.image().isPresent();
  }

  static boolean executable(Mapping mapping) {
    return mapping.leaf().execute() || mapping.leaf().userExecute();
  }
}

package dev.postern.verifier.access;

import dev.postern.model.Cpu;
import dev.postern.model.Leaf;
import dev.postern.model.Lock;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.Vm;
import dev.postern.x86.VmfuncScanner;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a policy says, or fails to say, about a view: its processor, its pages and their lock. */
public sealed interface LockStatement extends Statement {

  /** The policy does not pin a processor feature as present. */
  record FeatureUnpinned(Cpu.Feature feature) implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return policy.cpu().with(feature)
          ? Optional.empty()
          : Optional.of("the processor is not said to have " + this);
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "feature", "feature", feature.name());
    }

    @Override
    public String toString() {
      return feature.name().toLowerCase(Locale.ROOT);
    }
  }

  /** A leaf bit of a mapping that stands on the wrong value for the lock. */
  record LeafBit(String view, String mapping, Bit bit, boolean set) implements LockStatement {

    /** Bits that locks depend on. */
    public enum Bit {
      VERIFY_GUEST_PAGING,
      PAGING_WRITE;

      boolean of(Leaf leaf) {
        return switch (this) {
          case VERIFY_GUEST_PAGING -> leaf.verifyGuestPaging();
          case PAGING_WRITE -> leaf.pagingWrite();
        };
      }
    }

    @Override
    public Optional<String> read(Policy policy) {
      return named(policy, view, mapping)
          .filter(m -> bit.of(m.leaf()) == set)
          .map(m -> m.name() + " at gpa " + m.gpa() + (set ? " has " : " lacks ") + word());
    }

    private String word() {
      return bit.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact", "leaf", "view", view, "mapping", mapping, "bit", bit.name(), "set", "" + set);
    }

    @Override
    public String toString() {
      return word() + (set ? " on " : " off ") + "for " + mapping + " in view " + view;
    }
  }

  /** A mapping's linear addresses are not all in the locked range. */
  record OutsideRange(String view, String mapping) implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<Lock.Range> range =
          policy.view(view).flatMap(v -> policy.vm(v.vm())).map(Vm::lock).flatMap(Lock::range);
      return named(policy, view, mapping)
          .filter(m -> range.map(r -> !r.contains(m.la(), m.size())).orElse(true))
          .map(m -> "la " + m.la() + " is outside the locked range");
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "range", "view", view, "mapping", mapping);
    }

    @Override
    public String toString() {
      return "linear address of " + mapping + " in view " + view;
    }
  }

  /** Two views give overlapping linear addresses different guest-physical ones. */
  record Ambiguous(String view, String mapping, String otherView, String other)
      implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<Mapping> one = named(policy, view, mapping);
      Optional<Mapping> two = named(policy, otherView, other);
      if (one.isEmpty() || two.isEmpty()) {
        return Optional.empty();
      }
      Mapping a = one.get();
      Mapping b = two.get();
      boolean meet =
          Long.compareUnsigned(a.la().value(), b.la().value() + b.size() - 1) <= 0
              && Long.compareUnsigned(b.la().value(), a.la().value() + a.size() - 1) <= 0;
      boolean same = a.gpa().value() - a.la().value() == b.gpa().value() - b.la().value();
      return meet && !same
          ? Optional.of("la " + a.la() + " leads to gpa " + a.gpa() + " and elsewhere")
          : Optional.empty();
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact",
          "ambiguous",
          "view",
          view,
          "mapping",
          mapping,
          "other-view",
          otherView,
          "other",
          other);
    }

    @Override
    public String toString() {
      return mapping + " of view " + view + " and " + other + " of view " + otherView;
    }
  }

  /** Two views give overlapping guest-physical addresses different linear ones. */
  record SecondAddress(String view, String mapping, String otherView, String other)
      implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<Mapping> one = named(policy, view, mapping);
      Optional<Mapping> two = named(policy, otherView, other);
      if (one.isEmpty() || two.isEmpty()) {
        return Optional.empty();
      }
      Mapping a = one.get();
      Mapping b = two.get();
      boolean meet =
          Long.compareUnsigned(a.gpa().value(), b.gpa().value() + b.size() - 1) <= 0
              && Long.compareUnsigned(b.gpa().value(), a.gpa().value() + a.size() - 1) <= 0;
      boolean same = a.gpa().value() - a.la().value() == b.gpa().value() - b.la().value();
      return meet && !same
          ? Optional.of("gpa " + a.gpa() + " has la " + a.la() + " and another")
          : Optional.empty();
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact",
          "second-address",
          "view",
          view,
          "mapping",
          mapping,
          "other-view",
          otherView,
          "other",
          other);
    }

    @Override
    public String toString() {
      return mapping + " of view " + view + " and " + other + " of view " + otherView;
    }
  }

  /** A view has no read-only pinned paging structures. */
  record TablesNotPinned(String view) implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      List<Mapping> tables =
          policy.view(view).stream()
              .flatMap(v -> v.mappings().stream())
              .filter(m -> m.role() == Role.PAGING)
              .toList();
      if (tables.isEmpty()) {
        return policy.view(view).map(v -> "no mapping has role paging");
      }
      return tables.stream()
          .filter(m -> m.leaf().write())
          .findFirst()
          .map(m -> m.name() + " is writable");
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "tables", "view", view);
    }

    @Override
    public String toString() {
      return "pinned paging structures in view " + view;
    }
  }

  /**
   * The last bytes of one executable page begin a VMFUNC that the first of another end; where
   * {@code headOf} or {@code tailOf} is empty, that page is the guest's own.
   */
  record PageEdge(String view, String tailOf, long tailPage, String headOf, long headPage)
      implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<byte[]> tail = bytes(policy, tailOf, tailPage + PageSize.SMALL.bytes() - 3);
      Optional<byte[]> head = bytes(policy, headOf, headPage);
      boolean makes =
          (tail.isPresent() && head.isPresent())
              ? !VmfuncScanner.crossing(tail.get(), head.get()).isEmpty()
              : Boolean.logicalOr(
                  tail.map(VmfuncScanner::mayBegin).orElse(false),
                  head.map(VmfuncScanner::mayEnd).orElse(false));
      return makes ? Optional.of(show(tail) + " | " + show(head)) : Optional.empty();
    }

    private static String show(Optional<byte[]> bytes) {
      return bytes
          .map(b -> java.util.HexFormat.ofDelimiter(" ").formatHex(b))
          .orElse("(any bytes)");
    }

    private Optional<byte[]> bytes(Policy policy, String mapping, long offset) {
      return named(policy, view, mapping)
          .flatMap(Mapping::image)
          .filter(image -> offset >= 0 && offset + 3 <= image.bytes().size())
          .map(image -> image.bytes().slice((int) offset, (int) offset + 3).toArray());
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact",
          "edge",
          "view",
          view,
          "mapping",
          tailOf,
          "gpa",
          "0x" + Long.toHexString(tailPage),
          "other",
          headOf,
          "other-gpa",
          "0x" + Long.toHexString(headPage));
    }

    @Override
    public String toString() {
      return "tail of "
          + (tailOf.isEmpty() ? "a page of the guest's" : tailOf)
          + " before head of "
          + (headOf.isEmpty() ? "a page of the guest's" : headOf);
    }
  }

  /** Bytes of a privileged instruction stand at an offset of an executable page. */
  record Gadget(String view, String mapping, int offset, String bytes) implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      int length = bytes.length() / 2;
      return named(policy, view, mapping)
          .flatMap(Mapping::image)
          .filter(image -> offset >= 0 && offset + length <= image.bytes().size())
          .filter(image -> image.bytes().slice(offset, offset + length).hex().equals(bytes))
          .map(image -> bytes + " at " + mapping + "+0x" + Integer.toHexString(offset));
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact",
          "gadget",
          "view",
          view,
          "mapping",
          mapping,
          "gpa",
          "0x" + Integer.toHexString(offset),
          "bytes",
          bytes);
    }

    @Override
    public String toString() {
      return "bytes " + bytes + " in " + mapping + " of view " + view;
    }
  }

  /** The frames of a window onto a destination are mapped in another view as well. */
  record ReachedWithoutGate(String view, String mapping, String other, String as)
      implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      Optional<Mapping> window = named(policy, view, mapping);
      Optional<Mapping> second = named(policy, other, as);
      if (window.isEmpty() || second.isEmpty()) {
        return Optional.empty();
      }
      for (long into = 0; into < window.get().size(); into += PageSize.SMALL.bytes()) {
        HostFrame frame = HostFrame.of(policy, window.get().frames(), into);
        if (frame.in(policy, second.get().frames())) {
          return Optional.of(
              other + " maps frame " + frame + " as " + second.get().leaf().permissions());
        }
      }
      return Optional.empty();
    }

    @Override
    public Map<String, String> start() {
      return Map.of(
          "fact", "ungated", "view", view, "mapping", mapping, "other-view", other, "other", as);
    }

    @Override
    public String toString() {
      return mapping + " of view " + view + ", in view " + other + " as " + as;
    }
  }

  /** A mapping is executable in a view. */
  record Executable(String view, String mapping) implements LockStatement {
    @Override
    public Optional<String> read(Policy policy) {
      return named(policy, view, mapping)
          .filter(m -> m.leaf().execute() || m.leaf().userExecute())
          .map(m -> "gpa " + m.gpa() + " is executable, with role " + m.role());
    }

    @Override
    public Map<String, String> start() {
      return Map.of("fact", "executable", "view", view, "mapping", mapping);
    }

    @Override
    public String toString() {
      return mapping + " in view " + view;
    }
  }

  /** Reads back {@link Statement#start}; empty where it is not a fact about views. */
  static Optional<Statement> parse(Map<String, String> at) {
    String view = at.getOrDefault("view", "");
    String mapping = at.getOrDefault("mapping", "");
    String other = at.getOrDefault("other", "");
    try {
      return switch (at.getOrDefault("fact", "")) {
        case "feature" ->
            Optional.of(new FeatureUnpinned(Cpu.Feature.valueOf(at.getOrDefault("feature", ""))));
        case "leaf" ->
            Optional.of(
                new LeafBit(
                    view,
                    mapping,
                    LeafBit.Bit.valueOf(at.getOrDefault("bit", "")),
                    at.getOrDefault("set", "").equals("true")));
        case "range" -> Optional.of(new OutsideRange(view, mapping));
        case "ambiguous" ->
            Optional.of(new Ambiguous(view, mapping, at.getOrDefault("other-view", ""), other));
        case "second-address" ->
            Optional.of(new SecondAddress(view, mapping, at.getOrDefault("other-view", ""), other));
        case "executable" -> Optional.of(new Executable(view, mapping));
        case "gadget" ->
            Optional.of(
                new Gadget(
                    view,
                    mapping,
                    Integer.decode(at.getOrDefault("gpa", "0")),
                    at.getOrDefault("bytes", "")));
        case "ungated" ->
            Optional.of(
                new ReachedWithoutGate(view, mapping, at.getOrDefault("other-view", ""), other));
        case "tables" -> Optional.of(new TablesNotPinned(view));
        case "edge" ->
            Optional.of(
                new PageEdge(
                    view,
                    mapping,
                    Long.decode(at.getOrDefault("gpa", "0")),
                    other,
                    Long.decode(at.getOrDefault("other-gpa", "0"))));
        default -> Optional.empty();
      };
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<Mapping> named(Policy policy, String view, String mapping) {
    return policy.view(view).stream()
        .flatMap(v -> v.mappings().stream())
        .filter(m -> m.name().equals(mapping))
        .findFirst();
  }
}

package dev.postern.verifier.access;

import dev.postern.model.Gpa;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One access to memory by someone the policy speaks of. */
public sealed interface Access {

  /** Read, write, or instruction fetch. */
  enum Kind {
    R,
    W,
    X;

    String word() {
      return switch (this) {
        case R -> "r";
        case W -> "w";
        case X -> "x";
      };
    }
  }

  /** How a counterexample's {@code start} writes it down. */
  Map<String, String> start();

  /** Through the EPT of one of a machine's views. */
  record InView(String vm, int view, Gpa gpa, Kind kind) implements Access {
    @Override
    public Map<String, String> start() {
      return Map.of("vm", vm, "view", hex(view), "gpa", gpa.toString(), "access", kind.word());
    }
  }

  /** By a machine through memory slots and aliases, not through a view of the policy. */
  record InMachine(String vm, Gpa gpa, Kind kind) implements Access {
    @Override
    public Map<String, String> start() {
      return Map.of("vm", vm, "gpa", gpa.toString(), "access", kind.word());
    }
  }

  /** A write by the host on a machine's behalf: by guest-physical address through memory slots. */
  record ByHost(String vm, Gpa gpa) implements Access {
    @Override
    public Map<String, String> start() {
      return Map.of("vm", vm, "by", "host", "gpa", gpa.toString(), "access", "w");
    }
  }

  /** A device's write to a frame of its IOMMU domain. */
  record ByDevice(String domain, HostFrame frame) implements Access {
    @Override
    public Map<String, String> start() {
      return Map.of(
          "domain", domain, "owner", frame.owner(), "offset", hex(frame.offset()), "access", "w");
    }
  }

  /** Reads back {@link #start}; empty where it is not one. */
  static Optional<Access> parse(Map<String, String> start) {
    Map<String, String> at = new TreeMap<>(start);
    Optional<Kind> kind =
        switch (at.getOrDefault("access", "")) {
          case "r" -> Optional.of(Kind.R);
          case "w" -> Optional.of(Kind.W);
          case "x" -> Optional.of(Kind.X);
          default -> Optional.empty();
        };
    if (kind.isEmpty()) {
      return Optional.empty();
    }
    try {
      if (at.containsKey("domain")) {
        return Optional.of(
            new ByDevice(
                at.get("domain"),
                new HostFrame(at.getOrDefault("owner", ""), number(at, "offset"))));
      }
      String vm = at.getOrDefault("vm", "");
      Gpa gpa = new Gpa(number(at, "gpa"));
      if (at.containsKey("by")) {
        return Optional.of(new ByHost(vm, gpa));
      }
      return Optional.of(
          at.containsKey("view")
              ? new InView(vm, Math.toIntExact(number(at, "view")), gpa, kind.get())
              : new InMachine(vm, gpa, kind.get()));
    } catch (NumberFormatException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  private static long number(Map<String, String> start, String name) {
    String text = start.getOrDefault(name, "");
    if (!text.startsWith("0x")) {
      throw new NumberFormatException(name + " is not in hex");
    }
    return Long.parseUnsignedLong(text.substring(2), 16);
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}

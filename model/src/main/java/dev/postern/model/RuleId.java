package dev.postern.model;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The catalogue of the security model: every rule by its stable id, in report order, with the
 * obligations it discharges. Waivers, findings and `--rule` name rules by {@link #id}.
 */
public enum RuleId {
  EPT_WELL_FORMED("ept-well-formed", Level.CONFINEMENT, "O-25 O-26 O-29"),
  EPTP_LIST_EXACT("eptp-list-exact", Level.CONFINEMENT, "O-13 O-28 O-14"),
  DESTINATION_APPROVED("destination-approved", Level.CONFINEMENT, "O-35 O-26 O-37"),
  WINDOWS_NOT_EXECUTABLE("windows-not-executable", Level.CONFINEMENT, "O-38"),
  FRAMES_WRITE_XOR_EXECUTE("frames-write-xor-execute", Level.CONFINEMENT, "O-30"),
  NO_FOREIGN_WRITER("no-foreign-writer", Level.CONFINEMENT, "O-31 O-32 O-33 O-41 O-43"),
  CONTROL_FRAMES_UNREACHABLE("control-frames-unreachable", Level.CONFINEMENT, "O-34"),
  PRIVATE_STATE_PRIVATE("private-state-private", Level.CONFINEMENT, "O-58"),
  MEMORY_TYPE_CONSISTENT("memory-type-consistent", Level.CONFINEMENT, "O-24"),
  DIRTY_TRACKING_COMPATIBLE("dirty-tracking-compatible", Level.CONFINEMENT, "O-42"),
  TABLE_FRAMES_UNSHARED("table-frames-unshared", Level.CONFINEMENT, "O-27"),
  /** O-81 is ours: the security model stops at O-80 and does not speak of notification. */
  DOORBELL_ALONE("doorbell-alone", Level.CONFINEMENT, "O-81"),
  VMFUNC_CONFINED("vmfunc-confined", Level.MEDIATION, "O-01 O-06 O-07 O-08 O-09"),
  LOCK_SUFFICIENT(
      "lock-sufficient", Level.MEDIATION, "O-02 O-03 O-04 O-05 O-18 O-19 O-20 O-21 O-22 O-23"),
  LANDING_SAFE("landing-safe", Level.MEDIATION, "O-10 O-11 O-12 O-14 O-15 O-16 O-57"),
  ENTRY_STATE("entry-state", Level.MEDIATION, "O-59 O-60 O-61"),
  EXIT_SCRUBBED("exit-scrubbed", Level.MEDIATION, "O-62 O-61"),
  CODE_CONTAINED("code-contained", Level.MEDIATION, "O-65 O-52 O-54 O-66"),
  ACCESSES_IN_WINDOWS("accesses-in-windows", Level.MEDIATION, "O-20 O-63 O-64"),
  BOUNDED("bounded", Level.MEDIATION, "O-53"),
  EVENTS_CONFINED("events-confined", Level.MEDIATION, "O-44 O-45 O-46 O-47 O-49"),
  PLATFORM_PINNED("platform-pinned", Level.MEDIATION, "O-22 O-55 O-56 O-60 O-79"),
  SPECULATION("speculation", Level.MEDIATION, "O-67 O-68"),
  GATE_LIVE("gate-live", Level.FUNCTION, ""),
  BUNDLE_COMPOSITION("bundle-composition", Level.LOAD, "O-80"),
  HOST_ASSUMPTIONS("host-assumptions", Level.LOAD, "");

  /** Which theorem a rule serves, and when it is decided. */
  public enum Level {
    /** C: what any code in a view can reach. */
    CONFINEMENT,
    /** M: where a view is entered and left, and what its code does. */
    MEDIATION,
    /** That a gate can be passed at all. */
    FUNCTION,
    /** Decided by the loader, over all bundles of a host. */
    LOAD
  }

  private static final Map<String, RuleId> BY_ID =
      Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(RuleId::id, rule -> rule));

  private final String id;
  private final Level level;
  private final String discharges;

  RuleId(String id, Level level, String discharges) {
    this.id = id;
    this.level = level;
    this.discharges = discharges;
  }

  /** The stable id, as in policies and reports. */
  public String id() {
    return id;
  }

  public Level level() {
    return level;
  }

  /** O-numbers of the security model. */
  public List<String> discharges() {
    return discharges.isEmpty() ? List.of() : List.of(discharges.split(" "));
  }

  public static Optional<RuleId> of(String id) {
    return Optional.ofNullable(BY_ID.get(id));
  }

  @Override
  public String toString() {
    return id;
  }
}

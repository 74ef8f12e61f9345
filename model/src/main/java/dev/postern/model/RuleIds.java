package dev.postern.model;

import java.util.List;
import java.util.Optional;

/**
 * The catalogue of rules, in its order: ids are stable, a waiver and a report name them. What a
 * rule means is the verifier's; what it discharges is written here once.
 */
public final class RuleIds {

  /** Which theorem, or which moment, a rule belongs to. */
  public enum Level {
    CONFINEMENT,
    MEDIATION,
    /** Not safety: that a declared gate can be used at all. */
    FUNCTION,
    /** Decided where a bundle meets a host. */
    LOAD
  }

  /**
   * One rule.
   *
   * @param discharges O-numbers of the security model
   */
  public record Rule(String id, Level level, List<String> discharges) {
    public Rule {
      discharges = List.copyOf(discharges);
    }
  }

  /** Every rule, in catalogue order. */
  public static final List<Rule> ALL =
      List.of(
          new Rule("ept-well-formed", Level.CONFINEMENT, List.of("O-25", "O-26", "O-29")),
          new Rule("eptp-list-exact", Level.CONFINEMENT, List.of("O-13", "O-28", "O-14")),
          new Rule("destination-approved", Level.CONFINEMENT, List.of("O-35", "O-26", "O-37")),
          new Rule("windows-not-executable", Level.CONFINEMENT, List.of("O-38")),
          new Rule("frames-write-xor-execute", Level.CONFINEMENT, List.of("O-30")),
          new Rule(
              "no-foreign-writer",
              Level.CONFINEMENT,
              List.of("O-31", "O-32", "O-33", "O-41", "O-43")),
          new Rule("control-frames-unreachable", Level.CONFINEMENT, List.of("O-34")),
          new Rule("private-state-private", Level.CONFINEMENT, List.of("O-58")),
          new Rule("memory-type-consistent", Level.CONFINEMENT, List.of("O-24")),
          new Rule("dirty-tracking-compatible", Level.CONFINEMENT, List.of("O-42")),
          new Rule("table-frames-unshared", Level.CONFINEMENT, List.of("O-27")),
          new Rule(
              "vmfunc-confined", Level.MEDIATION, List.of("O-01", "O-06", "O-07", "O-08", "O-09")),
          new Rule(
              "lock-sufficient",
              Level.MEDIATION,
              List.of(
                  "O-02", "O-03", "O-04", "O-05", "O-18", "O-19", "O-20", "O-21", "O-22", "O-23")),
          new Rule(
              "landing-safe",
              Level.MEDIATION,
              List.of("O-10", "O-11", "O-12", "O-14", "O-15", "O-16", "O-57")),
          new Rule("entry-state", Level.MEDIATION, List.of("O-59", "O-60", "O-61")),
          new Rule("exit-scrubbed", Level.MEDIATION, List.of("O-62", "O-61")),
          new Rule("code-contained", Level.MEDIATION, List.of("O-65", "O-52", "O-54", "O-66")),
          new Rule("accesses-in-windows", Level.MEDIATION, List.of("O-20", "O-63", "O-64")),
          new Rule("bounded", Level.MEDIATION, List.of("O-53")),
          new Rule(
              "events-confined", Level.MEDIATION, List.of("O-44", "O-45", "O-46", "O-47", "O-49")),
          new Rule(
              "platform-pinned", Level.MEDIATION, List.of("O-22", "O-55", "O-56", "O-60", "O-79")),
          new Rule("speculation", Level.MEDIATION, List.of("O-67", "O-68")),
          new Rule("gate-live", Level.FUNCTION, List.of()),
          new Rule("bundle-composition", Level.LOAD, List.of("O-80")),
          new Rule("host-assumptions", Level.LOAD, List.of()));

  private RuleIds() {}

  public static Optional<Rule> find(String id) {
    return ALL.stream().filter(rule -> rule.id().equals(id)).findFirst();
  }
}

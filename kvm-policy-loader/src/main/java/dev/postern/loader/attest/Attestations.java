package dev.postern.loader.attest;

import dev.postern.loader.host.HostPolicy;
import dev.postern.model.report.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/**
 * How each assumption of a report is met.
 *
 * @param met one line each: the id, and the mechanism or the administrator's reason; recorded with
 *     the installation
 * @param unmet ids and texts of those that nobody answers for
 */
public record Attestations(List<String> met, List<String> unmet) {

  public Attestations {
    met = List.copyOf(met);
    unmet = List.copyOf(unmet);
  }

  /**
   * Answers every assumption of {@code report}. A mechanism goes before a word.
   *
   * @param mechanisms of the backend, by the assumption's id
   */
  public static Attestations of(
      Report report, SortedMap<String, String> mechanisms, HostPolicy policy) {
    List<String> met = new ArrayList<>();
    List<String> unmet = new ArrayList<>();
    for (Report.Assumption assumption : report.assumptions()) {
      String id = assumption.id();
      String mechanism = mechanisms.get(id);
      String reason = policy.accepted().get(id);
      if (mechanism != null) {
        met.add(id + " attested: " + mechanism);
      } else if (reason != null) {
        met.add(id + " accepted: " + reason);
      } else {
        unmet.add(id + ": " + assumption.text());
      }
    }
    return new Attestations(met, unmet);
  }
}

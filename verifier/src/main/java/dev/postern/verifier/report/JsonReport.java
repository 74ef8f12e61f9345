package dev.postern.verifier.report;

import dev.postern.json.JsonWriter;
import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;

/** The report for programs, schema {@code postern.report/1}; what {@code replay} reads. */
final class JsonReport implements ReportFormat {

  @Override
  public String id() {
    return "json";
  }

  @Override
  public String summary() {
    return "for programs and for replay, schema " + ReportJson.SCHEMA;
  }

  @Override
  public String render(Report report, Policy policy, Presentation presentation) {
    return JsonWriter.pretty(ReportJson.write(report, policy));
  }
}

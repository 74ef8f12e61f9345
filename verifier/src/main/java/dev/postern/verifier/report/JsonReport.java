package dev.postern.verifier.report;

import dev.postern.json.JsonWriter;
import dev.postern.model.report.ReportJson;
import java.util.stream.Collectors;

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
  public boolean streams() {
    return true;
  }

  @Override
  public String render(Run run) {
    return run.answers().stream()
        .map(answer -> JsonWriter.pretty(ReportJson.write(answer.report(), answer.policy())))
        .collect(Collectors.joining());
  }
}

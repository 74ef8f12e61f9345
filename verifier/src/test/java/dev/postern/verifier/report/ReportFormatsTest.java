package dev.postern.verifier.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;

import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.model.report.Report;
import dev.postern.model.report.ReportJson;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Every format over the same reports, against golden files. */
class ReportFormatsTest {

  static final Map<String, Report> REPORTS = new TreeMap<>(SampleReports.all());

  @Test
  void everyFormatRendersEveryReportAsItsGoldenFile() {
    assertAll(
        ReportFormats.ALL.stream()
            .flatMap(format ->
                REPORTS.entrySet().stream()
                    .<Executable>map(report ->
                        () ->
                            Golden.assertSame(
                                report.getKey() + "." + format.id(),
                                render(format, report.getValue())))));
  }

  @Test
  void idsAreDistinctWordsAndFound() {
    assertThat(ReportFormats.ALL)
        .isNotEmpty()
        .allSatisfy(format -> {
          assertThat(format.id()).matches("[a-z]+");
          assertThat(format.summary()).isNotBlank();
          assertThat(ReportFormats.byId(format.id())).containsSame(format);
        })
        .extracting(ReportFormat::id)
        .doesNotHaveDuplicates();
    assertThat(ReportFormats.byId("yaml")).isEmpty();
  }

  @Test
  void jsonReadsBackAsTheSameReport() {
    assertAll(
        REPORTS.values().stream()
            .map(report ->
                () -> {
                  byte[] json = render(new JsonReport(), report).getBytes(StandardCharsets.UTF_8);
                  assertThat(ReportJson.read(JsonReader.parse(json, JsonLimits.DEFAULT)).report())
                      .isEqualTo(report);
                }));
  }

  @Test
  void noNameReachesTheTerminalUnescaped() {
    String text = render(new TextReport(), REPORTS.get("hostile"));
    assertThat(text.chars().filter(c -> c != '\n' && Character.isISOControl(c))).isEmpty();
    assertThat(text).doesNotContain("\u202e");
  }

  @Test
  void coloursAreOnlyAddedNeverAnythingElse() {
    assertAll(
        REPORTS.values().stream()
            .map(report ->
                () ->
                    assertThat(
                            new TextReport()
                                .render(
                                    new Run.Answer(
                                        report,
                                        SampleReports.POLICY,
                                        SampleReports.PLAIN.coloured(true)))
                                .replaceAll("\u001b\\[[0-9;]*m", ""))
                        .isEqualTo(render(new TextReport(), report))));
  }

  @ParameterizedTest
  @FieldSource("REPORTS_TO_READ")
  void linesFitEightyColumnsButForDigests(Report report) {
    Stream<String> lines = render(new TextReport(), report).lines();
    assertThat(lines.filter(line -> !line.contains("sha256")))
        .allSatisfy(line -> assertThat(Layout.columns(line)).isLessThanOrEqualTo(80));
  }

  static final Iterable<Report> REPORTS_TO_READ = REPORTS.values();

  private static String render(ReportFormat format, Report report) {
    return format.render(SampleReports.answer(report));
  }
}

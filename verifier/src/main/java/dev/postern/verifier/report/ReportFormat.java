package dev.postern.verifier.report;

/** One way to write reports. To add one: a class, and a line in {@link ReportFormats#ALL}. */
public interface ReportFormat {

  /** The word for {@code --format}. */
  String id();

  /** What it is for, in a few words, for {@code --help}. */
  String summary();

  /** All answers of a run as text that ends in a newline. */
  String render(Run run);

  /**
   * Whether the answers simply follow one another, so that each can be shown as soon as it is
   * there. The others are one document around all of them.
   */
  boolean streams();

  /** One answer alone. */
  default String render(Run.Answer answer) {
    return render(Run.of(answer));
  }
}

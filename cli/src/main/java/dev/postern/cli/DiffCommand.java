package dev.postern.cli;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonWriter;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Bundle;
import dev.postern.verifier.diff.Change;
import dev.postern.verifier.diff.Change.Direction;
import dev.postern.verifier.diff.PolicyDiff;
import dev.postern.verifier.report.Layout;
import dev.postern.verifier.report.html.DiffPage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern diff}. */
@CommandLine.Command(
    name = "diff",
    header = "Says what changed in meaning between two policies or bundles.",
    description = "A bundle's signatures and evidence are not looked at: see postern audit.%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern diff old.postern new.postern",
      "  postern diff fw-6.bundle fw-7.bundle --fail-on widened --format github",
      "  postern diff fw-6.bundle fw-7.bundle --format html >diff.html"
    })
final class DiffCommand extends Command {

  /** How to print. */
  enum Format {
    TEXT,
    JSON,
    GITHUB,
    HTML
  }

  @Parameters(index = "0", paramLabel = "OLD", description = "a policy or a bundle")
  private Path old = Path.of("");

  @Parameters(index = "1", paramLabel = "NEW", description = "a policy or a bundle")
  private Path now = Path.of("");

  @Option(names = "--format", paramLabel = "FORMAT", description = "text, json, github or html")
  private String format = "text";

  @Option(
      names = "--fail-on",
      paramLabel = "WHAT",
      description = "widened: status 1 if anything more can be reached or a promise fell away")
  private String failOn = "";

  DiffCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    if (!failOn.isEmpty() && !failOn.equals("widened")) {
      throw Failure.badInput("--fail-on takes 'widened', not '" + failOn + "'");
    }
    Format how = format();
    Policy before = policy(old, out);
    Policy after = policy(now, out);
    List<Change> changes = PolicyDiff.between(before, after);
    out.print(
        switch (how) {
          case TEXT -> text(changes);
          case JSON -> json(changes, before, after);
          case GITHUB -> github(changes);
          case HTML -> DiffPage.page(before, after, changes);
        });
    boolean widened = changes.stream().anyMatch(c -> c.direction() == Direction.WIDENED);
    return widened && !failOn.isEmpty() ? ExitStatus.REFUTED : ExitStatus.OK;
  }

  private Format format() throws Failure {
    for (Format known : Format.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(format)) {
        return known;
      }
    }
    throw Failure.badInput("--format takes text, json, github or html, not '" + format + "'");
  }

  /** A bundle is an archive, and no policy text begins as one. */
  private static Policy policy(Path file, Terminal out) throws Failure, IOException {
    if (Files.isRegularFile(file) && archive(file)) {
      try {
        Bundle bundle = Bundle.read(BundleFiles.read(file));
        return PolicyJson.readCanonical(
            bundle
                .member(Bundle.POLICY)
                .orElseThrow(() -> Failure.badInput(file + ": no " + Bundle.POLICY))
                .toArray());
      } catch (ArchiveException | JsonException e) {
        throw Failure.badInput(file + ": not a bundle: " + e.getMessage());
      }
    }
    return Compiled.one(file, out);
  }

  private static boolean archive(Path file) throws IOException {
    byte[] magic = "ustar".getBytes(StandardCharsets.US_ASCII);
    try (var in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(257 + magic.length);
      return head.length == 257 + magic.length
          && java.util.Arrays.equals(head, 257, head.length, magic, 0, magic.length);
    }
  }

  private static String text(List<Change> changes) {
    StringBuilder out = new StringBuilder();
    for (Change change : changes) {
      out.append(
          "%-8s  %s: %s%n"
              .formatted(
                  change.direction().word(),
                  Layout.visible(change.subject()),
                  Layout.visible(change.text())));
      change
          .details()
          .forEach(line -> out.append("          ").append(Layout.visible(line)).append('\n'));
    }
    return out.isEmpty() ? "nothing changed in meaning\n" : out.toString();
  }

  private static String json(List<Change> changes, Policy before, Policy after) {
    return JsonWriter.pretty(
        Json.object()
            .put("schema", "postern.diff/1")
            .put("old", PolicyJson.sha256(before))
            .put("new", PolicyJson.sha256(after))
            .put(
                "changes",
                Json.array(
                    changes,
                    c ->
                        Json.object()
                            .put("direction", c.direction().word())
                            .put("subject", c.subject())
                            .put("text", c.text())
                            .put("details", Json.texts(c.details()))
                            .build()))
            .build());
  }

  /** A table for a job summary. */
  private static String github(List<Change> changes) {
    StringBuilder out = new StringBuilder("| | what | change |\n|---|---|---|\n");
    for (Change change : changes) {
      out.append("| ").append(change.direction().word());
      out.append(" | ").append(cell(change.subject()));
      out.append(" | ").append(cell(change.text())).append(" |\n");
    }
    return changes.isEmpty() ? "Nothing changed in meaning.\n" : out.toString();
  }

  private static String cell(String text) {
    return Layout.visible(text).replace("|", "\\|").replace("<", "&lt;").replace("`", "'");
  }
}

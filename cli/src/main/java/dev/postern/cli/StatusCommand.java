package dev.postern.cli;

import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.loader.Status;
import dev.postern.loader.trust.StateDirectory;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code postern status}. */
@CommandLine.Command(
    name = "status",
    header = "Shows what is installed on this host, and whether it is what was recorded.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern status", "  postern status --state /var/lib/postern --format json"})
final class StatusCommand extends Command {

  @Mixin private HostOptions options = new HostOptions();

  @Option(names = "--format", paramLabel = "NAME", description = "text or json; default: text")
  private String format = "text";

  StatusCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    boolean json =
        switch (format) {
          case "text" -> false;
          case "json" -> true;
          default -> throw Failure.badInput("no format '" + format + "'; hint: text, json");
        };
    Optional<StateDirectory> opened = options.open();
    if (opened.isEmpty()) {
      out.line("nothing is recorded: there is no " + HostOptions.STATE);
      return ExitStatus.OK;
    }
    try (StateDirectory state = opened.get()) {
      Status status = Status.of(state);
      if (json) {
        out.print(JsonWriter.pretty(status.json()));
      } else {
        text(status, out);
      }
      return status.exact() ? ExitStatus.OK : ExitStatus.REFUTED;
    }
  }

  private static void text(Status status, Terminal out) throws Failure {
    if (status.trust().isPresent()) {
      out.line("trust version " + status.trust().get().version());
      out.line("  " + status.trust().get().id());
    }
    if (status.items().isEmpty()) {
      out.line("nothing is installed; " + status.entries() + " decisions in the journal");
    }
    for (Status.Item item : status.items()) {
      out.line(
          item.policySet()
              + " version "
              + item.recorded().version()
              + " on "
              + item.recorded().backend()
              + ": "
              + Members.word(item.found()));
      out.line("  bundle " + item.recorded().bundleId());
      out.line("  " + item.recorded().target());
    }
  }
}

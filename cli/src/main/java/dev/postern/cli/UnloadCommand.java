package dev.postern.cli;

import dev.postern.loader.Unloader;
import dev.postern.loader.install.InstallException;
import dev.postern.loader.trust.StateDirectory;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code postern unload}. */
@CommandLine.Command(
    name = "unload",
    header = "Takes out what is installed on this host; its version stays remembered.",
    footerHeading = "%nExamples:%n",
    footer = {"  postern unload fw-to-nat", "  postern unload fw-to-nat --state /var/lib/postern"})
final class UnloadCommand extends Command {

  @Parameters(paramLabel = "POLICY-SET", description = "which, by the name status shows")
  private String policySet = "";

  @Mixin private HostOptions options = new HostOptions();

  UnloadCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    Optional<StateDirectory> opened = options.open();
    if (opened.isEmpty()) {
      throw Failure.badInput("nothing is recorded: there is no " + HostOptions.STATE);
    }
    try (StateDirectory state = opened.get()) {
      if (!Unloader.unload(policySet, state)) {
        throw Failure.badInput(policySet + " is not installed; hint: postern status");
      }
      out.line(policySet + ": unloaded");
      return ExitStatus.OK;
    } catch (InstallException e) {
      throw new Failure(ExitStatus.NOT_TRUSTED, "not unloaded: " + e.getMessage());
    }
  }
}

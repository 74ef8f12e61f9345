package dev.postern.cli;

import dev.postern.json.JsonWriter;
import dev.postern.loader.HostReason;
import dev.postern.loader.HostRefusal;
import dev.postern.loader.LoadRequest;
import dev.postern.loader.LoadResult;
import dev.postern.loader.Loader;
import dev.postern.loader.install.ImageInstaller;
import dev.postern.loader.install.Installer;
import dev.postern.loader.install.Receipt;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.model.Bytes;
import dev.postern.signer.check.Refusal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern load}. */
@CommandLine.Command(
    name = "load",
    header = "Installs a bundle, if its signers are trusted and this host agrees.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern load fw-to-nat.bundle --trust alice.key.crt --backend image \\",
      "      --frames frames.json --out fw-to-nat.image",
      "  postern load fw-to-nat.bundle --trust alice.key.crt --backend image \\",
      "      --frames frames.json --dry-run"
    })
final class LoadCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path bundle = Path.of("");

  @Option(
      names = "--backend",
      required = true,
      paramLabel = "NAME",
      description = "image: EPT structures and EPTP lists, written to a file")
  private String backend = "";

  @Option(
      names = "--trust",
      required = true,
      paramLabel = "CERT",
      description = "a certificate or public key in PEM that is trusted to sign; repeatable")
  private List<Path> trusted = List.of();

  @Option(
      names = "--frames",
      required = true,
      paramLabel = "FILE",
      description = "which host frames are whose: a postern.frames/1 document")
  private Path frames = Path.of("");

  @Option(names = "--out", paramLabel = "FILE", description = "the image")
  private Optional<Path> image = Optional.empty();

  @Option(names = "--dry-run", description = "print the plan as JSON and change nothing")
  private boolean dryRun;

  @Option(
      names = "--allow-partial",
      description = "take a bundle whose verification left out rules; for tests, not for hosts")
  private boolean allowPartial;

  LoadCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    Optional<Installer> installer = installer();
    LoadRequest request =
        new LoadRequest(
            Bytes.of(BundleFiles.read(bundle)),
            BundleFiles.pinned(trusted),
            Bytes.of(BundleFiles.frames(frames)),
            allowPartial);
    LoadResult result =
        installer.isPresent() ? Loader.load(request, installer.get()) : Loader.dryRun(request);
    return switch (result) {
      case LoadResult.Installed(Receipt receipt) -> installed(receipt, terminal);
      case LoadResult.Planned(InstallPlan plan) -> {
        terminal.print(JsonWriter.pretty(plan.json()));
        yield ExitStatus.OK;
      }
      case LoadResult.NotTrusted(List<Refusal> refusals) ->
          throw BundleFiles.notTrusted(refusals, terminal);
      case LoadResult.Refused(List<HostRefusal> refusals) -> throw refused(refusals, terminal);
    };
  }

  private Optional<Installer> installer() throws Failure {
    return switch (backend) {
      case "image" -> dryRun ? Optional.empty() : Optional.of(imageInstaller());
      case "kvm" -> throw Failure.notAvailable("load --backend kvm");
      default -> throw Failure.badInput("no backend '" + backend + "'; hint: image");
    };
  }

  private Installer imageInstaller() throws Failure {
    Path file =
        image.orElseThrow(
            () -> Failure.badInput("--backend image needs --out; hint: postern load --help"));
    OutputFiles.requireDirectory(file);
    return new ImageInstaller(file);
  }

  private static ExitStatus installed(Receipt receipt, Terminal terminal) throws Failure {
    terminal.line("bundle " + receipt.bundleId());
    terminal.line(receipt.policySet() + " version " + receipt.version() + ": installed");
    for (String step : receipt.steps()) {
      terminal.line("  " + step);
    }
    return ExitStatus.OK;
  }

  private static Failure refused(List<HostRefusal> refusals, Terminal terminal) {
    for (HostRefusal refusal : refusals) {
      if (refusal.reason() == HostReason.IMAGE_MISMATCH) {
        throw new IllegalStateException("the image built is not the plan: " + refusals);
      }
      terminal.error("refused: " + refusal);
    }
    boolean input =
        refusals.stream().allMatch(refusal -> refusal.reason() == HostReason.FRAMES_MALFORMED);
    return new Failure(
        input ? ExitStatus.BAD_INPUT : ExitStatus.NOT_TRUSTED, "nothing was installed");
  }
}

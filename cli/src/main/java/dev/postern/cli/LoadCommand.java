package dev.postern.cli;

import dev.postern.json.JsonWriter;
import dev.postern.loader.HostReason;
import dev.postern.loader.HostRefusal;
import dev.postern.loader.LoadRequest;
import dev.postern.loader.LoadResult;
import dev.postern.loader.Loader;
import dev.postern.loader.disk.DurableDisk;
import dev.postern.loader.install.ImageInstaller;
import dev.postern.loader.install.Installer;
import dev.postern.loader.install.Receipt;
import dev.postern.loader.kvm.KvmInstaller;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.plan.PlanText;
import dev.postern.loader.trust.StateDirectory;
import dev.postern.loader.trust.StateException;
import dev.postern.model.Bytes;
import dev.postern.signer.check.Refusal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern load}. */
@CommandLine.Command(
    name = "load",
    header = "Installs a bundle, if its signers are trusted and this host agrees.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern load fw-to-nat.bundle --trust trust.json --backend image \\",
      "      --frames frames.json --out fw-to-nat.image",
      "  postern load fw-to-nat.bundle --trust trust.json --backend image \\",
      "      --frames frames.json --dry-run --format text",
      "  postern load fw-to-nat.bundle --trust trust.json --backend image \\",
      "      --frames frames.json --out fw.image --host /etc/postern --state /var/lib/postern"
    })
final class LoadCommand extends Command {

  @Parameters(paramLabel = "BUNDLE", description = "the bundle")
  private Path bundle = Path.of("");

  @Option(
      names = "--backend",
      required = true,
      paramLabel = "NAME",
      description =
          "image: EPT structures and EPTP lists, written to a file; kvm: into a running guest")
  private String backend = "";

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      description =
          "trust.json, or a chain that leads on from the one this host goes by; not needed where"
              + " that is remembered")
  private Optional<Path> trusted = Optional.empty();

  @Option(
      names = "--new-root",
      description =
          "take a trust.json that does not follow the one remembered; its ratchet epoch must be"
              + " larger")
  private boolean newRoot;

  @Option(
      names = "--frames",
      paramLabel = "FILE",
      description = "image: which host frames are whose, a postern.frames/1 document")
  private Optional<Path> frames = Optional.empty();

  @Option(
      names = "--vm",
      paramLabel = "NAME=PID",
      description = "kvm: the process that runs the machine the policy calls NAME; repeatable")
  private Map<String, Long> monitors = Map.of();

  @Option(names = "--out", paramLabel = "FILE", description = "the image")
  private Optional<Path> image = Optional.empty();

  @Option(names = "--dry-run", description = "print the plan and change nothing")
  private boolean dryRun;

  @Option(
      names = "--format",
      paramLabel = "NAME",
      description = "of a dry run's plan: text or json; default: json")
  private String format = "json";

  @Mixin private HostOptions options = new HostOptions();

  @Option(
      names = "--allow-partial",
      description = "take a bundle whose verification left out rules; for tests, not for hosts")
  private boolean allowPartial;

  LoadCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal terminal) throws Failure, IOException {
    boolean text =
        switch (format) {
          case "json" -> false;
          case "text" -> true;
          default -> throw Failure.badInput("no format '" + format + "'; hint: text, json");
        };
    Installer installer = installer();
    LoadRequest request =
        new LoadRequest(
            Bytes.of(BundleFiles.read(bundle)),
            trust(),
            newRoot,
            Moments.now(Optional.empty()),
            frameMap(),
            allowPartial,
            options.host());
    Optional<StateDirectory> state = options.open();
    requireHost(request, state);
    try {
      LoadResult result =
          dryRun
              ? Loader.dryRun(request, installer, state)
              : Loader.load(request, installer, state);
      return switch (result) {
        case LoadResult.Installed(Receipt receipt) -> installed(receipt, "installed", terminal);
        case LoadResult.AlreadyInstalled(Receipt receipt) ->
            installed(receipt, "already installed", terminal);
        case LoadResult.Planned(InstallPlan plan, List<String> attestations) -> {
          terminal.print(text ? PlanText.of(plan, attestations) : JsonWriter.pretty(plan.json()));
          yield ExitStatus.OK;
        }
        case LoadResult.NotTrusted(List<Refusal> refusals) ->
            throw BundleFiles.notTrusted(refusals, terminal);
        case LoadResult.Refused(List<HostRefusal> refusals) -> throw refused(refusals, terminal);
      };
    } catch (StateException e) {
      throw HostOptions.broken(e);
    } finally {
      installer.close();
      if (state.isPresent()) {
        state.get().close();
      }
    }
  }

  private Installer installer() throws Failure {
    return switch (backend) {
      case "image" -> imageInstaller();
      case "kvm" -> new KvmInstaller(monitors);
      default -> throw Failure.badInput("no backend '" + backend + "'; hint: image, kvm");
    };
  }

  private Optional<Bytes> trust() throws Failure, IOException {
    if (trusted.isEmpty()) {
      if (newRoot) {
        throw Failure.badInput("--new-root needs --trust; hint: postern load --help");
      }
      return Optional.empty();
    }
    byte[] bytes = TrustChains.bytes(trusted.get());
    if (bytes.length > 0 && bytes[0] == '-') {
      throw Failure.badInput(
          trusted.get() + ": a certificate says too little for a host; hint: postern trust init");
    }
    return Optional.of(Bytes.of(bytes));
  }

  private Optional<Bytes> frameMap() throws Failure, IOException {
    if (backend.equals("kvm")) {
      return Optional.empty();
    }
    Path file =
        frames.orElseThrow(
            () -> Failure.badInput("--backend image needs --frames; hint: postern load --help"));
    return Optional.of(Bytes.of(BundleFiles.frames(file)));
  }

  /** An image may be for a host elsewhere; a running machine is on this one. */
  private void requireHost(LoadRequest request, Optional<StateDirectory> state) throws Failure {
    if (backend.equals("kvm") && (request.host().isEmpty() || state.isEmpty())) {
      throw Failure.badInput(
          "--backend kvm needs the host's directories; hint: --host "
              + HostOptions.HOST
              + " --state "
              + HostOptions.STATE);
    }
  }

  private Installer imageInstaller() throws Failure {
    if (dryRun) {
      return new ImageInstaller(image.orElse(Path.of("image")), new DurableDisk());
    }
    Path file =
        image.orElseThrow(
            () -> Failure.badInput("--backend image needs --out; hint: postern load --help"));
    OutputFiles.requireDirectory(file);
    return new ImageInstaller(file, new DurableDisk());
  }

  private static ExitStatus installed(Receipt receipt, String how, Terminal terminal)
      throws Failure {
    terminal.line("bundle " + receipt.bundleId());
    terminal.line(receipt.policySet() + " version " + receipt.version() + ": " + how);
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

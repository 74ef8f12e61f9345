package dev.postern.cli;

import dev.postern.dsl.Compilation;
import dev.postern.json.Json;
import dev.postern.json.JsonWriter;
import dev.postern.verifier.GateCost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern cost}. */
@CommandLine.Command(
    name = "cost",
    header = "Bounds the worst-case path of each gate, and says what a call takes.",
    description = {
      "The instructions of the longest path from a gate's landing to the VMFUNC that leaves are",
      "proved; the rest is arithmetic over the machine's figures: every instruction one cycle, the",
      "bytes a repeated string instruction copies not counted. Packets are of 64 bytes."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  postern cost examples/vhost-tx/fw-to-nat.postern",
      "  postern cost examples/vhost-tx-c/gcc-O2.postern --packets 8 --format json"
    })
final class CostCommand extends Command {

  /** A link, and the time between two packets of 64 bytes on it. */
  private record Link(int gigabits, long picoseconds) {}

  private static final List<Link> LINKS =
      List.of(new Link(10, 67_200), new Link(40, 16_800), new Link(100, 6_720));

  /** How the answer is written. */
  enum Format {
    text,
    json
  }

  @Parameters(paramLabel = "POLICY", description = "a policy")
  private Path file = Path.of(".");

  @Option(names = "--format", description = "text or json; text unless given")
  private Format format = Format.text;

  @Mixin private MachineProfile machine = new MachineProfile();

  @Mixin private VerifyOptions how = new VerifyOptions();

  CostCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ExitStatus run(Terminal out) throws Failure, IOException {
    machine.check();
    Compilation compilation = Compiled.read(file, out);
    if (compilation.policy().isEmpty()) {
      return ExitStatus.BAD_INPUT;
    }
    List<GateCost> costs = GateCost.of(compilation.policy().get(), how.options());
    switch (format) {
      case text -> {
        for (GateCost cost : costs) {
          text(cost, out);
        }
      }
      case json ->
          out.print(
              JsonWriter.pretty(
                  Json.object()
                      .put("schema", "postern.cost/1")
                      .put("mhz", machine.mhz())
                      .put("packetsPerCall", machine.packets())
                      .put("gates", Json.array(costs, this::json))
                      .build()));
    }
    return costs.stream().allMatch(cost -> cost.unproved().isEmpty())
        ? ExitStatus.OK
        : ExitStatus.UNKNOWN;
  }

  private void text(GateCost cost, Terminal out) throws Failure {
    out.line(
        "gate %s: %s, %d VMFUNCs"
            .formatted(
                cost.gate().name(),
                cost.unproved()
                    .map(why -> "no bound is proved: " + why)
                    .orElse("at most " + cost.instructions() + " instructions"),
                GateCost.VMFUNCS));
    if (cost.unproved().isPresent()) {
      return;
    }
    out.line("  by         round trip ns  packets/s  cores: 10 GbE  40 GbE  100 GbE");
    for (MachineProfile.Crossing by : MachineProfile.Crossing.values()) {
      StringBuilder row = new StringBuilder();
      row.append(
          String.format(
              Locale.ROOT,
              "  %-9s  %13.1f  %9d",
              by.name().toLowerCase(Locale.ROOT),
              machine.roundTripPicoseconds(by, cost.instructions()) / 1e3,
              machine.packetsPerSecond(by, cost.instructions())));
      int[] widths = {13, 6, 7};
      for (int i = 0; i < widths.length; i++) {
        double cores =
            machine.milliCores(by, cost.instructions(), LINKS.get(i).picoseconds()) / 1e3;
        row.append(String.format(Locale.ROOT, "  %" + widths[i] + ".2f", cores));
      }
      out.line(row.toString());
    }
  }

  private Json json(GateCost cost) {
    Json.Builder gate = Json.object().put("gate", cost.gate().name());
    gate.put("vmfuncs", GateCost.VMFUNCS);
    if (cost.unproved().isPresent()) {
      return gate.put("unproved", cost.unproved().get()).build();
    }
    gate.put("instructions", cost.instructions());
    for (MachineProfile.Crossing by : MachineProfile.Crossing.values()) {
      Json.Builder crossing =
          Json.object()
              .put("cycles", machine.cycles(by))
              .put("roundTripPicoseconds", machine.roundTripPicoseconds(by, cost.instructions()))
              .put("packetsPerSecond", machine.packetsPerSecond(by, cost.instructions()));
      for (Link link : LINKS) {
        crossing.put(
            "milliCores" + link.gigabits() + "GbE",
            machine.milliCores(by, cost.instructions(), link.picoseconds()));
      }
      gate.put(by.name().toLowerCase(Locale.ROOT), crossing.build());
    }
    return gate.build();
  }
}

package dev.postern.silicon;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Bochs with the hypervisor in it. Needs Debian's packages bochs, bochs-term, vgabios and gcc. */
public final class Emulator {

  /** The processor that is emulated: the oldest of Bochs's Intel models with EPTP switching. */
  public static final String MODEL = "corei7_haswell_4770";

  private static final List<String> SOURCES =
      List.of("Makefile", "boot.S", "entry.S", "hypervisor.c", "hypervisor.lds");
  private static final long MINUTES = 5;

  /** What Bochs prints: its own words, and the hypervisor's. */
  private static final String SAID = "said";

  /** Enough for what fits a disk and an output that is read at once. */
  public static final int BATCH = 100;

  private static List<byte[]> programs = List.of();

  private Emulator() {}

  /** Whether Bochs is installed here. */
  public static boolean available() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, "bochs")));
  }

  /**
   * Runs every trial from a pristine host.
   *
   * @throws SiliconException if one of them was not executed
   * @throws IOException if Bochs or the compiler cannot be run
   */
  public static List<Outcome> run(Host host, List<Trial> trials)
      throws SiliconException, IOException, InterruptedException {
    return run(host, host.imageFile(), trials);
  }

  /** The same with other bytes for an image: what a defect in it does. */
  public static List<Outcome> run(Host host, byte[] image, List<Trial> trials)
      throws SiliconException, IOException, InterruptedException {
    return inDirectory(work -> {
      List<byte[]> programs = programs();
      List<Outcome> outcomes = new ArrayList<>();
      for (int from = 0; from < trials.size(); from += BATCH) {
        List<Trial> batch = trials.subList(from, Math.min(from + BATCH, trials.size()));
        outcomes.addAll(
            boot(
                work, Disk.of(programs.getFirst(), programs.getLast(), image, host, batch), batch));
      }
      return outcomes;
    });
  }

  private interface Work<T> {
    T in(Path directory) throws SiliconException, IOException, InterruptedException;
  }

  private static <T> T inDirectory(Work<T> work)
      throws SiliconException, IOException, InterruptedException {
    Path directory = Files.createTempDirectory("postern-silicon");
    try {
      return work.in(directory);
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  /** Boot sector and hypervisor, compiled once. */
  private static synchronized List<byte[]> programs()
      throws SiliconException, IOException, InterruptedException {
    if (programs.isEmpty()) {
      programs =
          inDirectory(work -> {
            for (String source : SOURCES) {
              try (InputStream in = Emulator.class.getResourceAsStream("hypervisor/" + source)) {
                if (in == null) {
                  throw new IllegalStateException(
                      "the hypervisor's " + source + " is not in the jar");
                }
                Files.copy(in, work.resolve(source));
              }
            }
            execute(work, List.of("make", "-s", "OUT=" + work), "make.log", true);
            return List.of(
                Files.readAllBytes(work.resolve("boot.bin")),
                Files.readAllBytes(work.resolve("hypervisor.bin")));
          });
    }
    return programs;
  }

  private static List<Outcome> boot(Path work, byte[] disk, List<Trial> trials)
      throws SiliconException, IOException, InterruptedException {
    Files.write(work.resolve("disk.img"), disk);
    // Debian's Bochs has its debugger compiled in: "c" lets it go.
    Files.writeString(work.resolve("debug.rc"), "c\n");
    Files.writeString(work.resolve("bochsrc"), configuration());
    execute(work, List.of("bochs", "-q", "-f", "bochsrc", "-rc", "debug.rc"), SAID, false);
    return read(Files.readString(work.resolve(SAID), StandardCharsets.ISO_8859_1), trials);
  }

  private static String configuration() {
    return """
    display_library: term
    config_interface: textconfig
    romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
    vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
    cpu: model=%s, count=1, ips=1000000, reset_on_triple_fault=0, ignore_bad_msrs=0
    memory: guest=512, host=512
    ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
    ata0-master: type=disk, mode=flat, path=disk.img, cylinders=0
    boot: disk
    clock: sync=none, time0=1400000000
    port_e9_hack: enabled=1
    speaker: enabled=0
    log: bochs.log
    panic: action=fatal
    error: action=report
    info: action=ignore
    debug: action=ignore
    """
        .formatted(MODEL);
  }

  private static List<Outcome> read(String said, List<Trial> trials) throws SiliconException {
    List<Outcome> outcomes = new ArrayList<>();
    List<Map<String, Long>> steps = new ArrayList<>();
    boolean complete = false;
    for (String line : said.split("\r?\n")) {
      if (line.startsWith("STEP ")) {
        // A register that is not named is as it was.
        Map<String, Long> state =
            steps.isEmpty() ? new HashMap<>() : new HashMap<>(steps.getLast());
        state.putAll(Outcome.parse(line));
        steps.add(state);
      } else if (line.startsWith("SCN ")) {
        String name = line.split(" ")[1];
        Map<String, Long> values = Outcome.parse(line);
        Long exit = values.get("exit");
        if (exit == null || values.getOrDefault("entry", 0L) != 0) {
          throw new SiliconException("not executed: " + line);
        }
        outcomes.add(new Outcome(name, exit.intValue(), values, steps));
        steps = new ArrayList<>();
      } else if (line.startsWith("BENCH ABORTED")) {
        throw new SiliconException("the hypervisor gave up: " + line);
      }
      complete |= line.equals("BENCH executed " + trials.size() + " of " + trials.size());
    }
    if (!complete || outcomes.size() != trials.size()) {
      throw new SiliconException(
          "executed "
              + outcomes.size()
              + " of "
              + trials.size()
              + " trials; the machine's last word: "
              + said.substring(Math.max(0, said.length() - 600)).strip());
    }
    for (int i = 0; i < trials.size(); i++) {
      if (!outcomes.get(i).name().equals(trials.get(i).name())) {
        throw new SiliconException("out of order: " + outcomes.get(i).name());
      }
    }
    return outcomes;
  }

  /** Bochs ends with 1 after a clean shutdown, so its status says nothing: what was said does. */
  private static void execute(Path work, List<String> command, String log, boolean wantsZero)
      throws SiliconException, IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(work.toFile());
    builder.environment().put("TERM", "vt100");
    builder.redirectErrorStream(true).redirectOutput(work.resolve(log).toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    Process process = builder.start();
    if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly().waitFor();
      throw new SiliconException(command.getFirst() + " did not end in " + MINUTES + " minutes");
    }
    if (wantsZero && process.exitValue() != 0) {
      throw new SiliconException(
          command.getFirst() + ": " + Files.readString(work.resolve(log)).strip());
    }
  }
}

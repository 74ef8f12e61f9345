package dev.postern.silicon;

import dev.postern.model.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
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

  /** Bytes of images that one disk takes without being long to make and to read. */
  private static final long DISK = 32 << 20;

  private static List<byte[]> programs = List.of();

  /** Trials on one host with {@code image} installed. */
  record Load(Host host, Bytes image, List<Trial> trials) {
    Load {
      trials = List.copyOf(trials);
    }
  }

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
    List<Load> loads = new ArrayList<>();
    for (int from = 0; from < trials.size(); from += BATCH) {
      loads.add(
          new Load(
              host, Bytes.of(image), trials.subList(from, Math.min(from + BATCH, trials.size()))));
    }
    return run(loads).stream().flatMap(List::stream).toList();
  }

  /** Runs trials on several hosts, in as few starts of the emulator as that takes. */
  static List<List<Outcome>> run(List<Load> loads)
      throws SiliconException, IOException, InterruptedException {
    return inDirectory(work -> {
      List<byte[]> programs = programs();
      List<List<Outcome>> outcomes = new ArrayList<>();
      for (int from = 0; from < loads.size(); ) {
        int to = together(loads, from);
        List<Load> some = loads.subList(from, to);
        List<Trial> trials = some.stream().flatMap(load -> load.trials().stream()).toList();
        Iterator<Outcome> all =
            boot(work, Disk.of(programs.getFirst(), programs.getLast(), some), trials).iterator();
        for (Load load : some) {
          outcomes.add(Stream.generate(all::next).limit(load.trials().size()).toList());
        }
        from = to;
      }
      return outcomes;
    });
  }

  /** Where those end that run in one start, from {@code from} on: at least one. */
  private static int together(List<Load> loads, int from) {
    int to = from;
    int trials = 0;
    long bytes = 0;
    do {
      trials += loads.get(to).trials().size();
      bytes += loads.get(to).image().size();
      to++;
    } while (to < loads.size()
        && trials + loads.get(to).trials().size() <= BATCH
        && bytes + loads.get(to).image().size() <= DISK);
    return to;
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
    List<State> steps = new ArrayList<>();
    boolean complete = false;
    for (String line : said.split("\r?\n")) {
      if (line.startsWith("STEP ")) {
        Map<String, Long> values = Outcome.parse(line);
        steps.add(steps.isEmpty() ? State.of(values) : steps.getLast().with(values));
      } else if (line.equals("STILL")) {
        int limit = trials.get(Math.min(outcomes.size(), trials.size() - 1)).steps();
        steps.addAll(Collections.nCopies(Math.max(0, limit - steps.size()), steps.getLast()));
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

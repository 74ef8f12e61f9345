package dev.postern.x86;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The processor this test runs on, through the program of {@code src/test/native/oracle.c}. */
final class RealCpu implements AutoCloseable {

  /** The harness's limit on one batch. */
  static final int MAX_COUNT = 1024;

  /** Where things are in the harness; see {@code struct hello}. */
  record Layout(
      long codeBase,
      long codeOffset,
      long dataBase,
      long dataOffset,
      long fsBase,
      long gsBase,
      Map<Mode, Map<Segment, Integer>> selectors,
      boolean compatibility) {

    /** Where the instruction stands, as its instruction pointer says it. */
    long ip(Mode mode) {
      return mode == Mode.BITS64 ? codeBase + codeOffset : codeOffset;
    }

    /** Linear address of the page of memory. */
    long page() {
      return dataBase + dataOffset;
    }
  }

  private final Process process;
  private final OutputStream requests;
  private final InputStream answers;
  private final Layout layout;

  private RealCpu(Process process) throws IOException {
    this.process = process;
    this.requests = process.getOutputStream();
    this.answers = new BufferedInputStream(process.getInputStream(), 1 << 20);
    this.layout = readLayout();
  }

  /** Builds the harness with gcc and starts it; the message of an exception says why it cannot. */
  static RealCpu start(Path directory) throws IOException, InterruptedException {
    Path source = Path.of("src/test/native/oracle.c").toAbsolutePath();
    Path program = directory.resolve("oracle");
    Process gcc =
        new ProcessBuilder(
                "gcc",
                "-O2",
                "-fno-stack-protector",
                "-Wl,-z,now",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                program.toString(),
                "" + source)
            .redirectErrorStream(true)
            .start();
    String said = new String(gcc.getInputStream().readAllBytes());
    if (gcc.waitFor() != 0 || !Files.isExecutable(program)) {
      throw new IllegalStateException("gcc does not build the harness:\n" + said);
    }
    return new RealCpu(
        new ProcessBuilder(program.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  Layout layout() {
    return layout;
  }

  private Layout readLayout() throws IOException {
    ByteBuffer b = read(16 * 8);
    long codeBase = b.getLong();
    long codeOffset = b.getLong();
    long dataBase = b.getLong();
    long dataOffset = b.getLong();
    long fsBase = b.getLong();
    long gsBase = b.getLong();
    int cs64 = (int) b.getLong();
    int cs32 = (int) b.getLong();
    int cs16 = (int) b.getLong();
    int ss64 = (int) b.getLong();
    int ss32 = (int) b.getLong();
    int ds = (int) b.getLong();
    int es = (int) b.getLong();
    int fs = (int) b.getLong();
    int gs = (int) b.getLong();
    Map<Mode, Map<Segment, Integer>> selectors =
        Map.of(
            Mode.BITS64, selectors(es, cs64, ss64, ds, fs, gs),
            Mode.BITS32, selectors(es, cs32, ss32, ds, fs, gs),
            Mode.BITS16, selectors(es, cs16, ss32, ds, fs, gs));
    return new Layout(
        codeBase, codeOffset, dataBase, dataOffset, fsBase, gsBase, selectors, b.getLong() == 1);
  }

  private static Map<Segment, Integer> selectors(int es, int cs, int ss, int ds, int fs, int gs) {
    return Map.of(
        Segment.ES,
        es,
        Segment.CS,
        cs,
        Segment.SS,
        ss,
        Segment.DS,
        ds,
        Segment.FS,
        fs,
        Segment.GS,
        gs);
  }

  /** Runs one instruction from each state. */
  List<CpuOutcome> run(Mode mode, byte[] code, List<CpuState> states) throws IOException {
    ByteBuffer b = buffer(32 + states.size() * 18 * 8);
    b.putInt(mode.bits()).putInt(code.length).putInt(states.size()).putInt(0);
    b.put(code).position(32);
    for (CpuState state : states) {
      for (long value : state.gpr()) {
        b.putLong(value);
      }
      b.putLong(state.flags()).putLong(state.seed());
    }
    requests.write(b.array());
    requests.flush();
    List<CpuOutcome> outcomes = new ArrayList<>(states.size());
    for (int i = 0; i < states.size(); i++) {
      outcomes.add(outcome());
    }
    return outcomes;
  }

  private CpuOutcome outcome() throws IOException {
    ByteBuffer b = read(20 * 8);
    int vector = (int) b.getLong();
    long rip = b.getLong();
    long[] gpr = new long[16];
    for (int i = 0; i < 16; i++) {
      gpr[i] = b.getLong();
    }
    long flags = b.getLong();
    int count = (int) b.getLong();
    Map<Integer, Long> changed = Map.of();
    if (count > 0) {
      changed = new TreeMap<>();
      ByteBuffer words = read(count * 16);
      for (int i = 0; i < count; i++) {
        changed.put((int) words.getLong(), words.getLong());
      }
    }
    return new CpuOutcome(vector, rip, gpr, flags, changed);
  }

  private ByteBuffer read(int bytes) throws IOException {
    byte[] data = answers.readNBytes(bytes);
    if (data.length < bytes) {
      throw new EOFException("the harness ended after " + data.length + " of " + bytes + " bytes");
    }
    return ByteBuffer.wrap(data).order(ByteOrder.nativeOrder());
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  @Override
  public void close() throws IOException {
    requests.close();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

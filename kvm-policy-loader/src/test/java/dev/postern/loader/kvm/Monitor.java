package dev.postern.loader.kvm;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A monitor's process: {@code monitor.c} or {@code long.c}, with one machine.
 *
 * @param says its standard output
 * @param hears its standard input
 */
record Monitor(Process process, BufferedReader says, BufferedWriter hears) {
  /** In real mode, with a word in memory. */
  static Monitor start(String secret) throws IOException {
    return run("monitor", secret);
  }

  /** In 64-bit mode, with a message to post. */
  static Monitor in64BitMode(String message) throws IOException {
    return run("long", message);
  }

  /** The same with paging structures that are not what the policy says, by the word for how. */
  static Monitor spoilt(String message, String flaw) throws IOException {
    return run("long", message, flaw);
  }

  private static Monitor run(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("/exercise"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Monitor monitor =
        new Monitor(
            process,
            process.inputReader(StandardCharsets.US_ASCII),
            process.outputWriter(StandardCharsets.US_ASCII));
    String line = monitor.says.readLine();
    while (line != null && !line.equals("READY")) {
      line = monitor.says.readLine();
    }
    return monitor;
  }

  /** How the guest left where it was sent. */
  String sent(String where) throws IOException {
    hears.write(where + "\n");
    hears.flush();
    return String.valueOf(says.readLine());
  }

  String gate() throws IOException {
    return sent("gate");
  }
}

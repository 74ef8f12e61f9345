package dev.postern.loader.kvm;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A monitor's process: {@code monitor.c}, with one machine.
 *
 * @param says its standard output
 * @param hears its standard input
 */
record Monitor(Process process, BufferedReader says, BufferedWriter hears) {
  static Monitor start(String secret) throws IOException {
    Process process =
        new ProcessBuilder("/exercise", "monitor", secret)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
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

package dev.postern.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A shell transcript.
 *
 * <pre>
 * # a comment
 * ~ REGEX => TEXT       in all output below, what matches REGEX is shown as TEXT
 * $ COMMAND             for sh, in the test's directory; postern is on its PATH, ROOT is the checkout
 * | a line of its standard output
 * ! a line of its standard error
 * = STATUS              where it is not 0
 * </pre>
 */
final class Transcript {

  private record Substitution(String regex, String text) {}

  private final List<String> lines;
  private final List<Substitution> substitutions = new ArrayList<>();

  private Transcript(List<String> lines) {
    this.lines = lines;
  }

  static Transcript parse(String text) {
    return new Transcript(text.lines().toList());
  }

  /** Runs every command; the transcript as it should have been. */
  String run(Path directory) throws IOException, InterruptedException {
    Path bin = Files.createDirectories(directory.resolve(".bin"));
    program(bin.resolve("postern"));
    StringBuilder actual = new StringBuilder();
    for (String line : lines) {
      if (line.startsWith("$ ")) {
        actual.append(line).append('\n');
        actual.append(execute(line.substring(2), directory));
      } else if (line.startsWith("~ ")) {
        String[] sides = line.substring(2).split(" => ", 2);
        substitutions.add(new Substitution(sides[0], sides[1]));
        actual.append(line).append('\n');
      } else if (line.isEmpty() || line.startsWith("#")) {
        actual.append(line).append('\n');
      } else if (!List.of('|', '!', '=').contains(line.charAt(0))) {
        throw new IllegalArgumentException("not a transcript's line: " + line);
      }
    }
    return actual.toString();
  }

  /** The program as the launcher runs it, from the classes under test. */
  private static void program(Path file) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Files.writeString(
        file,
        """
        #!/bin/sh
        exec '%s' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \
          -Xlog:disable -Xlog:all=error:stderr --enable-native-access=ALL-UNNAMED \
          -cp '%s' dev.postern.cli.Main "$@"
        """
            .formatted(java, System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String execute(String command, Path directory) throws IOException, InterruptedException {
    Path out = directory.resolve(".bin/out");
    Path err = directory.resolve(".bin/err");
    ProcessBuilder shell =
        new ProcessBuilder("sh", "-c", command)
            .directory(directory.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    Map<String, String> environment = shell.environment();
    environment.put("PATH", directory.resolve(".bin") + ":" + environment.get("PATH"));
    environment.put("ROOT", System.getProperty("postern.root"));
    environment.put("LC_ALL", "C.UTF-8");
    int status = shell.start().waitFor();
    return quoted("| ", out, directory)
        + quoted("! ", err, directory)
        + (status == 0 ? "" : "= " + status + "\n");
  }

  private String quoted(String mark, Path output, Path directory) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line : Files.readAllLines(output)) {
      String shown =
          line.replace(directory.toString(), "{dir}")
              .replace(System.getProperty("postern.root"), "{root}");
      for (Substitution substitution : substitutions) {
        shown = shown.replaceAll(substitution.regex(), substitution.text());
      }
      text.append((mark + shown).stripTrailing()).append('\n');
    }
    return text.toString();
  }
}

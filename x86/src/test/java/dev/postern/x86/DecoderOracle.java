package dev.postern.x86;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Somebody else's decoder behind a pipe: {@code src/test/native/decode_*.c}, built here by gcc. */
final class DecoderOracle implements AutoCloseable {

  /** One question: up to fifteen bytes in a mode. */
  record Question(Mode mode, byte[] code) {}

  /** The oracle's answer; length 0 means no instruction. */
  record Answer(int length, String name) {}

  private final Process process;
  private final Path binary;

  private DecoderOracle(Process process, Path binary) {
    this.process = process;
    this.binary = binary;
  }

  /** Absent, with a SKIPPED line, only where the compiler or the library is not installed. */
  static Optional<DecoderOracle> start(String name, String header, String... libraries)
      throws IOException, InterruptedException {
    if (!Files.exists(Path.of("/usr/bin/gcc")) || !Files.exists(Path.of("/usr/include", header))) {
      System.out.println("SKIPPED: decoder oracle " + name + ": no gcc or no " + header);
      return Optional.empty();
    }
    Path target = Files.createDirectories(Path.of("target", "native"));
    Path binary = target.resolve(name + "-" + ProcessHandle.current().pid());
    List<String> command =
        new ArrayList<>(
            List.of(
                "gcc", "-O2", "-Wall", "-o", binary.toString(), "src/test/native/" + name + ".c"));
    command.addAll(List.of(libraries));
    Process gcc = new ProcessBuilder(command).inheritIO().start();
    if (gcc.waitFor() != 0) {
      throw new IllegalStateException("gcc failed on " + name);
    }
    return Optional.of(
        new DecoderOracle(
            new ProcessBuilder(binary.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start(),
            binary));
  }

  static Optional<DecoderOracle> zydis() throws IOException, InterruptedException {
    return start("decode_zydis", "Zydis/Zydis.h", "-lZydis");
  }

  static Optional<DecoderOracle> binutils() throws IOException, InterruptedException {
    return start("decode_binutils", "dis-asm.h", "-lopcodes", "-lbfd");
  }

  List<Answer> ask(List<Question> questions) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(4 + 16 * questions.size()).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(questions.size());
    int at = 4;
    for (Question question : questions) {
      out.put(at, (byte) question.mode().bits());
      out.put(at + 1, question.code(), 0, Math.min(15, question.code().length));
      at += 16;
    }
    OutputStream stream = process.getOutputStream();
    stream.write(out.array());
    stream.flush();
    byte[] in = new byte[32 * questions.size()];
    new DataInputStream(process.getInputStream()).readFully(in);
    List<Answer> answers = new ArrayList<>(questions.size());
    for (int i = 0; i < in.length; i += 32) {
      int end = i + 1;
      while (in[end] != 0) {
        end++;
      }
      answers.add(
          new Answer(in[i] & 0xFF, new String(in, i + 1, end - i - 1, StandardCharsets.US_ASCII)));
    }
    return answers;
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    Files.deleteIfExists(binary);
  }
}

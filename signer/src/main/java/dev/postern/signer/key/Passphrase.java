package dev.postern.signer.key;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A secret the operator knows. Printable ASCII, because that is what every tool encodes alike.
 * Closing wipes it. Never taken from a command line or the environment, where others can read it.
 */
public final class Passphrase implements AutoCloseable {

  private static final int MAX_LENGTH = 1024;

  private final char[] characters;

  private Passphrase(char[] characters) {
    this.characters = characters;
  }

  /** Takes over {@code characters}, as a console returns them. */
  public static Passphrase of(char[] characters) throws KeyException {
    if (characters.length == 0) {
      throw new KeyException("the passphrase is empty");
    }
    if (characters.length > MAX_LENGTH) {
      throw new KeyException("the passphrase is longer than " + MAX_LENGTH + " characters");
    }
    for (char c : characters) {
      if (c < ' ' || c > '~') {
        throw new KeyException("the passphrase has a character outside printable ASCII");
      }
    }
    return new Passphrase(characters);
  }

  /** The first line of an open file descriptor, without its end. */
  public static Passphrase fromDescriptor(int descriptor) throws KeyException {
    byte[] line = new byte[MAX_LENGTH + 1];
    int length = 0;
    try (InputStream in = Files.newInputStream(Path.of("/dev/fd/" + descriptor))) {
      int next;
      while (length < line.length && (next = in.read()) >= 0 && next != '\n') {
        line[length++] = (byte) next;
      }
      char[] characters = new char[length];
      for (int i = 0; i < length; i++) {
        characters[i] = (char) (line[i] & 0xff);
      }
      return of(characters);
    } catch (IOException e) {
      throw new KeyException("file descriptor " + descriptor + " cannot be read");
    } finally {
      Arrays.fill(line, (byte) 0);
    }
  }

  /** The characters themselves; whoever copies them wipes the copy. */
  char[] characters() {
    return characters;
  }

  @Override
  public void close() {
    Arrays.fill(characters, '\0');
  }

  @Override
  public String toString() {
    return "Passphrase[…]";
  }
}

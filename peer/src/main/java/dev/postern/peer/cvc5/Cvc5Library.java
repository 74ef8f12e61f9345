package dev.postern.peer.cvc5;

import io.github.cvc5.TermManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads cvc5's native library, once in a process. The binding would leave its 34 MB copy in the
 * temporary directory until the process ends, and for ever if it is killed; here the copy, in a
 * directory of mode 0700, is gone as soon as it is loaded.
 */
final class Cvc5Library {

  private static final String RESOURCE = "/cvc5-libs/linux/x86_64/libcvc5jni.so";
  private static boolean loaded;

  private Cvc5Library() {}

  /**
   * Loads it if it is not loaded yet.
   *
   * @throws UnsatisfiedLinkError if there is none for this machine, or it does not load
   */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    if (!System.getProperty("os.name", "").equals("Linux")
        || !System.getProperty("os.arch", "").equals("amd64")) {
      throw new UnsatisfiedLinkError("none for this machine");
    }
    try (InputStream library = TermManager.class.getResourceAsStream(RESOURCE)) {
      if (library == null) {
        throw new UnsatisfiedLinkError(RESOURCE + " is not there");
      }
      System.setProperty("cvc5.skipLibraryLoad", "true");
      load(library);
    } catch (IOException e) {
      throw new UnsatisfiedLinkError(e.getMessage());
    }
    loaded = true;
  }

  @SuppressWarnings("restricted") // as every native library
  private static void load(InputStream library) throws IOException {
    Path directory = Files.createTempDirectory("postern");
    Path copy = directory.resolve("libcvc5jni.so");
    try {
      Files.copy(library, copy);
      System.load(copy.toString());
    } finally {
      Files.deleteIfExists(copy);
      Files.delete(directory);
    }
  }
}

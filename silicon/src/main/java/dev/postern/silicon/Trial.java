package dev.postern.silicon;

import dev.postern.model.Hpa;
import dev.postern.verifier.concrete.Scenario;
import java.util.List;

/**
 * One start to execute.
 *
 * @param name at most 63 characters, no space
 * @param start registers, view and mode; its {@code memory} is written, its {@code fetches} are not
 * @param contents written into host memory besides
 * @param watch at most two host addresses whose quadwords are reported at the end
 * @param step whether every instruction is reported
 */
public record Trial(
    String name, Scenario start, List<Content> contents, List<Hpa> watch, boolean step) {

  /** Bytes at a host address. */
  public static final class Content {
    private final Hpa host;
    private final byte[] bytes;

    public Content(Hpa host, byte[] bytes) {
      this.host = host;
      this.bytes = bytes.clone();
    }

    Hpa host() {
      return host;
    }

    byte[] bytes() {
      return bytes.clone();
    }
  }

  public Trial {
    contents = List.copyOf(contents);
    watch = List.copyOf(watch);
    if (!name.matches("[!-~]{1,63}") || watch.size() > 2) {
      throw new IllegalArgumentException("not a trial: " + name);
    }
  }
}

package dev.postern.silicon;

import dev.postern.model.Hpa;
import dev.postern.verifier.concrete.Scenario;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One start to execute.
 *
 * @param name at most 63 characters, no space
 * @param start registers, view and mode; its {@code memory} is written, its {@code fetches} are not
 * @param contents written into host memory besides
 * @param watch at most two host addresses whose quadwords are reported at the end
 * @param steps instructions that are reported one by one; 0 for none. A reported trial ends with
 *     the last of them
 * @param tables the guest's paging structures, where they are not {@link GuestTables}
 * @param pages host addresses of the only pages it may leave changed, besides those of its
 *     contents; the run fails if it changes others. Empty if nothing is known of it: all memory is
 *     then made anew behind it, which takes longer than most trials
 */
public record Trial(
    String name,
    Scenario start,
    List<Content> contents,
    List<Hpa> watch,
    int steps,
    Optional<Tables> tables,
    Optional<Set<Hpa>> pages) {

  /** Bytes at a host address, in place before the instruction of number {@code when}, from 0. */
  public static final class Content {
    private final Hpa host;
    private final byte[] bytes;
    private final int when;

    public Content(Hpa host, byte[] bytes) {
      this(host, bytes, 0);
    }

    public Content(Hpa host, byte[] bytes, int when) {
      this.host = host;
      this.bytes = bytes.clone();
      this.when = when;
    }

    Hpa host() {
      return host;
    }

    byte[] bytes() {
      return bytes.clone();
    }

    int when() {
      return when;
    }
  }

  public Trial {
    contents = List.copyOf(contents);
    watch = List.copyOf(watch);
    pages = pages.map(Set::copyOf);
    if (!name.matches("[!-~]{1,63}") || watch.size() > 2 || steps < 0) {
      throw new IllegalArgumentException("not a trial: " + name);
    }
    if (steps == 0 && contents.stream().anyMatch(content -> content.when() > 0)) {
      throw new IllegalArgumentException(name + " is not stepped, so nothing is written in it");
    }
  }

  /** A trial on the guest's usual paging structures of which the end alone is reported. */
  public static Trial whole(String name, Scenario start, List<Content> contents, List<Hpa> watch) {
    return new Trial(name, start, contents, watch, 0, Optional.empty(), Optional.empty());
  }

  /** The same of which at most {@code steps} instructions are reported. */
  public Trial stepped(int limit) {
    return new Trial(name, start, contents, watch, limit, tables, pages);
  }

  /** The same on other paging structures. */
  public Trial on(Tables own) {
    return new Trial(name, start, contents, watch, steps, Optional.of(own), pages);
  }

  /** The same that may change only {@code named}, if that is known, and its contents' pages. */
  public Trial within(Optional<Set<Hpa>> named) {
    return new Trial(name, start, contents, watch, steps, tables, named);
  }
}

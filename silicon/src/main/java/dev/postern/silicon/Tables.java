package dev.postern.silicon;

import dev.postern.model.Hpa;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Paging structures a trial runs on.
 *
 * @param root guest-physical address in CR3
 * @param pages their contents by host address
 */
public record Tables(long root, Map<Hpa, byte[]> pages) {

  public Tables {
    pages = Collections.unmodifiableMap(new LinkedHashMap<>(pages));
  }

  /** The same, with other pages besides; where both have one, {@code more} holds. */
  Tables with(Map<Hpa, byte[]> more) {
    Map<Hpa, byte[]> all = new LinkedHashMap<>(pages);
    all.putAll(more);
    return new Tables(root, all);
  }
}

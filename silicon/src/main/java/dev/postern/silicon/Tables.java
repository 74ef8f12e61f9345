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
}

package dev.postern.model;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Machine code (or constants) as it ships in one mapping: relocated, and filled to whole pages with
 * {@code CC}.
 *
 * @param unit the {@code code} declaration it comes from
 * @param section the section within it
 * @param bytes whole pages
 * @param length bytes of content before the fill, 0..bytes.size()
 * @param symbols name to offset in {@code bytes}
 * @param lines where the bytes were written, sorted by offset; empty where unknown
 */
public record CodeImage(
    String unit,
    String section,
    Bytes bytes,
    int length,
    SortedMap<String, Integer> symbols,
    List<Line> lines) {

  /** The instruction at {@code offset} and on was written at {@code location}. */
  public record Line(int offset, Location location) {}

  public CodeImage {
    symbols = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(symbols));
    lines = List.copyOf(lines);
    if (bytes.size() == 0 || bytes.size() % PageSize.SMALL.bytes() != 0) {
      throw new IllegalArgumentException("code ships as whole 4-KiB pages");
    }
    if (length < 0 || length > bytes.size()) {
      throw new IllegalArgumentException("code length outside its pages");
    }
  }
}

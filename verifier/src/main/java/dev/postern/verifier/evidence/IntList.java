package dev.postern.verifier.evidence;

import java.util.Arrays;

/** Numbers in a row. */
final class IntList {

  private int[] items = new int[4];
  private int size;

  int size() {
    return size;
  }

  int get(int i) {
    return items[i];
  }

  void set(int i, int item) {
    items[i] = item;
  }

  void add(int item) {
    if (size == items.length) {
      items = Arrays.copyOf(items, 2 * size);
    }
    items[size++] = item;
  }

  void shrink(int to) {
    size = to;
  }

  IntList copy() {
    IntList copy = new IntList();
    copy.items = items.clone();
    copy.size = size;
    return copy;
  }

  int[] toArray() {
    return Arrays.copyOf(items, size);
  }
}

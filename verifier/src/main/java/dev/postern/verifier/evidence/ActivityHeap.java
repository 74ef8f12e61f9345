package dev.postern.verifier.evidence;

/** Variables by how often they took part in recent conflicts; ties go to the smaller number. */
final class ActivityHeap {

  private static final double RESCALE = 1e100;

  private final double[] activity;
  private final int[] heap;
  private final int[] index; // in the heap; -1 where it is not in it
  private int size;
  private double increment = 1;

  ActivityHeap(int variables) {
    activity = new double[variables + 1];
    heap = new int[variables];
    index = new int[variables + 1];
    for (int v = 1; v <= variables; v++) {
      heap[size] = v;
      index[v] = size++;
    }
  }

  private boolean before(int x, int y) {
    return activity[x] > activity[y] || (activity[x] == activity[y] && x < y);
  }

  void decay(double factor) {
    increment *= factor;
  }

  void bump(int v) {
    activity[v] += increment;
    if (activity[v] > RESCALE) {
      for (int i = 1; i < activity.length; i++) {
        activity[i] /= RESCALE;
      }
      increment /= RESCALE;
    }
    if (index[v] >= 0) {
      up(index[v]);
    }
  }

  void offer(int v) {
    if (index[v] < 0) {
      heap[size] = v;
      index[v] = size++;
      up(index[v]);
    }
  }

  /** The most active variable without a value; 0 if all have one. */
  int next(byte[] value) {
    while (size > 0) {
      int top = heap[0];
      index[top] = -1;
      int last = heap[--size];
      if (size > 0) {
        heap[0] = last;
        index[last] = 0;
        down();
      }
      if (value[top] == 0) {
        return top;
      }
    }
    return 0;
  }

  private void up(int from) {
    int i = from;
    int v = heap[i];
    while (i > 0 && before(v, heap[(i - 1) / 2])) {
      place(i, heap[(i - 1) / 2]);
      i = (i - 1) / 2;
    }
    place(i, v);
  }

  private void down() {
    int i = 0;
    int v = heap[0];
    while (2 * i + 1 < size) {
      int child = 2 * i + 1;
      if (child + 1 < size && before(heap[child + 1], heap[child])) {
        child++;
      }
      if (!before(heap[child], v)) {
        break;
      }
      place(i, heap[child]);
      i = child;
    }
    place(i, v);
  }

  private void place(int i, int v) {
    heap[i] = v;
    index[v] = i;
  }
}

package dev.postern.model;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which controls a source VM's host holds.
 *
 * @param held the controls that are on their strict setting
 * @param intercepted exception vectors in the exception bitmap, 0..31 (K9)
 */
public record Controls(Location at, Set<Control> held, Set<Integer> intercepted) {

  /** de db bp ud nm gp pf mf ac: what protected code could raise. */
  public static final Set<Integer> STRICT_INTERCEPTS =
      Collections.unmodifiableSortedSet(new TreeSet<>(List.of(0, 1, 3, 6, 7, 13, 14, 16, 17)));

  public Controls {
    held =
        Collections.unmodifiableSet(
            held.isEmpty() ? EnumSet.noneOf(Control.class) : EnumSet.copyOf(held));
    intercepted = Collections.unmodifiableSortedSet(new TreeSet<>(intercepted));
    for (int vector : intercepted) {
      if (vector < 0 || vector > 31) {
        throw new IllegalArgumentException("exception vector " + vector + " outside 0..31");
      }
    }
  }

  public boolean holds(Control control) {
    return held.contains(control);
  }

  public boolean intercepts(int vector) {
    return holds(Control.K9) && intercepted.contains(vector);
  }
}

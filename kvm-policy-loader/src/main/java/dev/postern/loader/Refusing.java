package dev.postern.loader;

import java.util.List;

/** Ends a load at the step that refuses it. */
final class Refusing extends Exception {

  private static final long serialVersionUID = 1;

  private final transient LoadResult.Refused result;

  private Refusing(LoadResult.Refused result) {
    super("refused", null, false, false);
    this.result = result;
  }

  static Refusing because(HostReason reason, String detail) {
    return new Refusing(LoadResult.Refused.of(reason, detail));
  }

  /** Refuses if there is anything to say. */
  static void unlessEmpty(HostReason reason, List<String> details) throws Refusing {
    if (!details.isEmpty()) {
      throw new Refusing(LoadResult.Refused.of(reason, details));
    }
  }

  LoadResult.Refused result() {
    return result;
  }
}

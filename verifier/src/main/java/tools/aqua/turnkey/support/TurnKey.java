package tools.aqua.turnkey.support;

import dev.postern.verifier.smt.z3.Z3Library;
import java.io.InputStream;
import java.util.function.Function;

/** What the initialiser of {@code com.microsoft.z3.Native} calls to load its libraries. */
public final class TurnKey {

  private TurnKey() {}

  /** Z3's is the only library that comes here, and {@link Z3Library} knows where it is. */
  public static void load(String folder, Function<String, InputStream> resources) {
    if (!folder.equals("com/microsoft/z3")) {
      throw new UnsatisfiedLinkError("no libraries for " + folder);
    }
    Z3Library.load();
  }
}

package dev.postern.loader;

import dev.postern.loader.install.Receipt;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.signer.check.Refusal;
import java.util.List;

/** The answer to a load. Only {@link Installed} changed anything. */
public sealed interface LoadResult {

  /** Done. */
  record Installed(Receipt receipt) implements LoadResult {}

  /** A dry run: this would be done. */
  record Planned(InstallPlan plan) implements LoadResult {}

  /** The bundle is not trusted. */
  record NotTrusted(List<Refusal> refusals) implements LoadResult {
    public NotTrusted {
      refusals = List.copyOf(refusals);
    }
  }

  /** The bundle is trusted, and this host refuses it. */
  record Refused(List<HostRefusal> refusals) implements LoadResult {
    public Refused {
      refusals = List.copyOf(refusals);
    }

    static Refused of(HostReason reason, String detail) {
      return new Refused(List.of(new HostRefusal(reason, detail)));
    }
  }
}

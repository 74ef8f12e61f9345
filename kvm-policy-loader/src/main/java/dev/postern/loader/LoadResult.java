package dev.postern.loader;

import dev.postern.loader.install.Receipt;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.signer.check.Refusal;
import java.util.List;

/** The answer to a load. Only {@link Installed} changed anything. */
public sealed interface LoadResult {

  /** Done. */
  record Installed(Receipt receipt) implements LoadResult {}

  /** It was installed already, and is there unchanged. */
  record AlreadyInstalled(Receipt receipt) implements LoadResult {}

  /**
   * A dry run: this would be done.
   *
   * @param attestations how each assumption would be met
   */
  record Planned(InstallPlan plan, List<String> attestations) implements LoadResult {
    public Planned {
      attestations = List.copyOf(attestations);
    }
  }

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
      if (refusals.isEmpty()) {
        throw new IllegalArgumentException("a refusal has a reason");
      }
    }

    static Refused of(HostReason reason, List<String> details) {
      return new Refused(details.stream().map(detail -> new HostRefusal(reason, detail)).toList());
    }

    static Refused of(HostReason reason, String detail) {
      return of(reason, List.of(detail));
    }
  }
}

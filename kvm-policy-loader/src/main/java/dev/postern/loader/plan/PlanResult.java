package dev.postern.loader.plan;

import java.util.List;

/** The answer to a policy's plan. */
public sealed interface PlanResult {

  /** It can be installed so. */
  record Planned(InstallPlan plan) implements PlanResult {}

  /** Why it cannot, one sentence each: the policy says something no backend installs. */
  record Refused(List<String> reasons) implements PlanResult {
    public Refused {
      reasons = List.copyOf(reasons);
    }
  }
}

package dev.postern.loader.plan;

import dev.postern.model.PolicyJson;
import java.util.List;

/** A plan for people: one line for each run of leaves. */
public final class PlanText {

  private PlanText() {}

  /**
   * The plan, and how each assumption would be met; ends with a newline.
   *
   * @param attestations empty where no host was asked
   */
  public static String of(InstallPlan plan, List<String> attestations) {
    StringBuilder text = new StringBuilder();
    text.append(plan.policySet()).append(" version ").append(plan.version()).append('\n');
    for (InstallPlan.Source source : plan.sources()) {
      text.append("vm ").append(source.vm()).append(", ").append(source.vcpus()).append(" vCPUs\n");
      for (InstallPlan.Hierarchy view : source.views()) {
        text.append(
            String.format(
                java.util.Locale.ROOT,
                "  slot %d: view %s, EPT pointer fields 0x%x%s%s\n",
                view.index(),
                view.view(),
                view.eptp().bits(),
                view.suppressVeAbsent() ? ", absent entries suppress #VE" : "",
                view.perVcpu() ? ", one hierarchy a vCPU" : ""));
        for (InstallPlan.Run run : view.runs()) {
          text.append(
              String.format(
                  java.util.Locale.ROOT,
                  "    %#014x size %#x %s %s %s from %s at %#x%s\n",
                  run.gpa().value(),
                  run.size(),
                  PolicyJson.size(run.pageSize()),
                  PolicyJson.leaf(run.leaf()),
                  run.mapping(),
                  run.frames().owner(),
                  run.frames().offset(),
                  run.perVcpu() ? ", a vCPU each" : ""));
        }
      }
    }
    for (InstallPlan.Content content : plan.contents()) {
      text.append("content of ")
          .append(content.frames().owner())
          .append(": sha256 ")
          .append(content.bytes().sha256())
          .append('\n');
    }
    attestations.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }
}

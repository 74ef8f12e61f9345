package dev.postern.loader.plan;

import dev.postern.json.Json;
import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.model.Eptp;
import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Leaf;
import dev.postern.model.PageSize;
import dev.postern.model.PolicyJson;
import java.util.List;

/**
 * What is to be installed for a policy, before any host address is known.
 *
 * @param policySha256 digest of the policy's canonical JSON
 * @param physicalAddressWidth MAXPHYADDR the entries are made for
 * @param sources one EPTP list (or one a vCPU) each
 * @param contents what the loader writes into frames of its own
 * @param reserved host frames the policy speaks about by address (fixed memory, control structures,
 *     what devices reach): no pool may hold one
 */
public record InstallPlan(
    String policySet,
    long version,
    String policySha256,
    int physicalAddressWidth,
    List<Source> sources,
    List<Content> contents,
    List<Frames> reserved) {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.plan/1";

  /**
   * A source VM.
   *
   * @param modeBasedExecute whether bit 10 of entries is user-mode execute (K13)
   * @param views by EPTP-list index; every slot without a view is zero
   */
  public record Source(String vm, int vcpus, boolean modeBasedExecute, List<Hierarchy> views) {
    public Source {
      views = List.copyOf(views);
    }
  }

  /**
   * One EPT hierarchy.
   *
   * @param suppressVeAbsent whether entries that map nothing have bit 63
   * @param runs disjoint, sorted by GPA
   */
  public record Hierarchy(
      String view, int index, Eptp eptp, boolean suppressVeAbsent, List<Run> runs) {
    public Hierarchy {
      runs = List.copyOf(runs);
    }

    /** Whether each vCPU needs a hierarchy of its own. */
    public boolean perVcpu() {
      return runs.stream().anyMatch(Run::perVcpu);
    }
  }

  /** Leaves of one size with the same attributes. */
  public record Run(
      String mapping,
      Gpa gpa,
      long size,
      PageSize pageSize,
      Frames frames,
      Leaf leaf,
      boolean perVcpu) {}

  /** Bytes that go into {@code frames} before anything maps them. */
  public record Content(Frames frames, Bytes bytes) {}

  public InstallPlan {
    sources = List.copyOf(sources);
    contents = List.copyOf(contents);
    reserved = List.copyOf(reserved);
  }

  /** Canonical JSON, schema {@code postern.plan/1}; contents by digest. */
  public byte[] canonical() {
    return JsonWriter.canonical(json());
  }

  public Json json() {
    return Json.object()
        .put("schema", SCHEMA)
        .put("policySet", policySet)
        .put("version", version)
        .put("policySha256", policySha256)
        .put("physicalAddressWidth", physicalAddressWidth)
        .put("sources", Json.array(sources, InstallPlan::source))
        .put("contents", Json.array(contents, InstallPlan::content))
        .put("reserved", Json.array(reserved, PolicyJson::frames))
        .build();
  }

  private static Json source(Source source) {
    return Json.object()
        .put("vm", source.vm())
        .put("vcpus", source.vcpus())
        .put("modeBasedExecute", source.modeBasedExecute())
        .put("views", Json.array(source.views(), InstallPlan::hierarchy))
        .build();
  }

  private static Json hierarchy(Hierarchy view) {
    return Json.object()
        .put("view", view.view())
        .put("index", view.index())
        .put("eptp", PolicyJson.eptp(view.eptp()))
        .put("suppressVeAbsent", view.suppressVeAbsent())
        .put("runs", Json.array(view.runs(), InstallPlan::run))
        .build();
  }

  private static Json run(Run run) {
    return Json.object()
        .put("mapping", run.mapping())
        .put("gpa", Json.hex(run.gpa().value()))
        .put("size", Json.hex(run.size()))
        .put("pages", PolicyJson.size(run.pageSize()))
        .put("frames", PolicyJson.frames(run.frames()))
        .put("leaf", PolicyJson.leaf(run.leaf()))
        .put("perVcpu", run.perVcpu())
        .build();
  }

  private static Json content(Content content) {
    return Json.object()
        .put("frames", PolicyJson.frames(content.frames()))
        .put("sha256", content.bytes().sha256())
        .build();
  }
}

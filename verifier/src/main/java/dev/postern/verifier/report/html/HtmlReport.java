package dev.postern.verifier.report.html;

import dev.postern.model.Gate;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.Waiver;
import dev.postern.model.report.Counterexample;
import dev.postern.model.report.Evidence;
import dev.postern.model.report.Finding;
import dev.postern.model.report.Report;
import dev.postern.verifier.gate.Sites;
import dev.postern.verifier.rule.Rule;
import dev.postern.verifier.rule.Rules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The page: verdict, assumptions and waivers first; then views, gates, rules. */
public final class HtmlReport {

  private static final String STYLE =
      """
      body{font:15px/1.45 sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#111;background:#fff}
      h1{margin-bottom:.2em} h2{border-bottom:2px solid #111;margin-top:2em} h3{margin-bottom:.3em}
      table{border-collapse:collapse;width:100%;margin:.5em 0} th,td{border:1px solid #999;padding:.25em .5em;text-align:left;vertical-align:top}
      th{background:#eee} code,pre,.m{font-family:monospace;font-size:13px} pre{border:1px solid #999;padding:.5em;overflow-x:auto}
      .verdict{font-size:1.3em;border:3px solid #111;padding:.4em .8em;display:inline-block;font-weight:bold}
      .landing{font-weight:bold} .site{text-decoration:underline} svg text{font:13px sans-serif}
      .role{border-left:10px solid #777} .role-code,.role-trampoline{border-left-color:#0b5394}
      .role-destination_window{border-left-color:#b45f06} .role-source_window{border-left-color:#38761d}
      .role-private{border-left-color:#741b47}
      @media print{body{margin:0;max-width:none} h2{break-after:avoid} tr,pre{break-inside:avoid}}
      """;

  private final Policy policy;
  private final Report report;
  private final Map<String, Integer> sizes;
  private final Html out = new Html();

  private HtmlReport(Policy policy, Report report, Map<String, Integer> sizes) {
    this.policy = policy;
    this.report = report;
    this.sizes = sizes;
  }

  /**
   * The page.
   *
   * @param sizes of the evidence files, by name
   */
  public static String page(Policy policy, Report report, Map<String, Integer> sizes) {
    return new HtmlReport(policy, report, sizes).page();
  }

  private String page() {
    out.raw("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">")
        .raw(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
        .line("<title>%s version %s: %s</title>", policy.name(), policy.version(), report.outcome())
        .raw("<style>" + STYLE + "</style></head><body>");
    verdict();
    assumptions();
    graph();
    policy.views().forEach(this::map);
    policy.gates().forEach(this::gate);
    rules();
    attacks();
    return out.raw("</body></html>").toString();
  }

  private void verdict() {
    out.line("<h1>%s, version %s</h1>", policy.name(), policy.version())
        .line("<p class=\"verdict\">%s</p>", report.outcome())
        .line("<p>Policy <code>sha256:%s</code></p>", report.sha256());
    if (report.partial()) {
      out.line("<p><strong>Partial: not run: %s</strong></p>", String.join(", ", report.missing()));
    }
    out.raw(
        "<table><tr><th>view</th><th>index</th><th>lock</th><th>confinement</th><th>mediation</th></tr>");
    for (Report.ViewVerdict view : report.views()) {
      out.line(
          "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>",
          view.name(), view.index(), view.lock(), view.confinement(), view.mediation());
    }
    out.raw("</table>");
  }

  private void assumptions() {
    out.raw("<h2>Waivers</h2>");
    if (policy.waivers().isEmpty()) {
      out.raw("<p>None.</p>");
    }
    for (Waiver waiver : policy.waivers()) {
      out.line("<p><strong>%s</strong>: %s</p>", waiver.rule(), waiver.reason());
    }
    out.raw(
        "<h2>What must be kept, and by whom</h2><table><tr><th>id</th><th>who</th><th>what</th></tr>");
    for (Report.Assumption assumption : report.assumptions()) {
      String who = assumption.id().startsWith("K") ? "processor and VMCS set-up" : "host";
      out.line(
          "<tr><td>%s</td><td>%s</td><td>%s</td></tr>", assumption.id(), who, assumption.text());
    }
    out.raw("</table>");
  }

  /** Views side by side; gates above, every other switch that VMFUNC could make below, dashed. */
  private void graph() {
    out.raw("<h2>Views, gates and possible switches</h2>");
    for (Vm vm : policy.vms().stream().filter(Vm::source).toList()) {
      List<View> views = policy.viewsOf(vm.name());
      int width = 240 * Math.max(1, views.size());
      int base = 60 + 26 * policy.gates().size();
      int below = views.size() * views.size();
      int height = base + 60 + 22 * below;
      out.line("<h3>%s</h3>", vm.name())
          .raw(
              "<svg role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">"
                  .formatted(width, height, width, height))
          .raw(
              "<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>");
      int row = 0;
      for (Gate gate : policy.gates()) {
        int from = index(views, gate.from());
        int to = index(views, gate.to());
        if (from >= 0 && to >= 0) {
          int y = base - 26 * ++row;
          arrow(centre(from), centre(to), base, y, "none", gate.name());
        }
      }
      row = 0;
      for (View from : views) {
        int sites = Sites.of(from).size();
        for (View to : views) {
          if (sites > 0 && !from.name().equals(to.name())) {
            int y = base + 40 + 22 * ++row;
            arrow(
                centre(views.indexOf(from)) + 14,
                centre(views.indexOf(to)) - 14,
                base + 40,
                y,
                "5 4",
                "from any of " + sites + " sites");
          }
        }
      }
      for (int i = 0; i < views.size(); i++) {
        out.line(
            "<rect x=\"%s\" y=\"%s\" width=\"150\" height=\"40\" fill=\"#fff\" stroke=\"#111\" stroke-width=\"2\"/><text x=\"%s\" y=\"%s\" text-anchor=\"middle\">%s: %s</text>",
            centre(i) - 75, base, centre(i), base + 25, views.get(i).index(), views.get(i).name());
      }
      out.raw("</svg>");
    }
  }

  private static int index(List<View> views, String name) {
    return views.stream().map(View::name).toList().indexOf(name);
  }

  private static int centre(int view) {
    return 120 + 240 * view;
  }

  private void arrow(int from, int to, int start, int y, String dash, String label) {
    out.line(
        "<path d=\"M%s %sV%sH%sV%s\" fill=\"none\" stroke=\"#111\" stroke-dasharray=\"%s\" marker-end=\"url(#a)\"/><text x=\"%s\" y=\"%s\" text-anchor=\"middle\">%s</text>",
        from, start, y, to, start, dash, (from + to) / 2, y - 4, label);
  }

  private void map(View view) {
    out.line("<h2>View %s: guest-physical map</h2>", view.name())
        .raw(
            "<table><tr><th>pages</th><th>linear</th><th>role</th><th>may</th><th>what</th><th>frames</th><th>the same frames in</th></tr>");
    for (Mapping m : view.mappings()) {
      String role = m.role().name().toLowerCase(Locale.ROOT);
      out.line(
          "<tr><td class=\"m role role-%s\">0x%s – 0x%s</td><td class=\"m\">0x%s</td><td>%s</td><td class=\"m\">%s</td><td>%s</td><td class=\"m\">%s+0x%s</td><td>%s</td></tr>",
          role,
          Long.toHexString(m.gpa().value()),
          Long.toHexString(m.gpa().value() + (m.size() - 1)),
          Long.toHexString(m.la().value()),
          role.replace('_', ' '),
          m.leaf().permissions(),
          m.name(),
          m.frames().owner(),
          Long.toHexString(m.frames().offset()),
          sharers(view, m));
    }
    out.raw("</table>");
  }

  private String sharers(View view, Mapping mapping) {
    List<String> names =
        policy.views().stream()
            .filter(other -> !other.name().equals(view.name()))
            .filter(other -> other.mappings().stream().anyMatch(m -> overlaps(m, mapping)))
            .map(View::name)
            .toList();
    return names.isEmpty() ? "–" : String.join(", ", names);
  }

  private static boolean overlaps(Mapping a, Mapping b) {
    long apart = b.frames().offset() - a.frames().offset();
    return a.frames().owner().equals(b.frames().owner())
        && (Long.compareUnsigned(apart, a.size()) < 0
            || Long.compareUnsigned(-apart, b.size()) < 0);
  }

  private void gate(Gate gate) {
    out.line("<h2>Gate %s: %s to %s and back</h2>", gate.name(), gate.from(), gate.to());
    Optional<View> view = policy.view(gate.to());
    if (view.isEmpty()) {
      return;
    }
    Map<Long, String> marks = new LinkedHashMap<>();
    marks.put(gate.enter().value(), "VMFUNC into " + gate.to());
    marks.put(gate.entered().value(), "landing in " + gate.to());
    marks.put(gate.calls().value(), "protected entry");
    marks.put(gate.leave().value(), "VMFUNC back");
    marks.put(gate.left().value(), "landing in " + gate.from());
    for (Mapping mapping : view.get().mappings()) {
      if (mapping.image().isPresent()
          && (mapping.leaf().execute() || mapping.leaf().userExecute())) {
        out.line(
            "<h3>%s at 0x%s</h3><pre>", mapping.name(), Long.toHexString(mapping.la().value()));
        Listings.of(mapping, marks).forEach(line -> out.line("%s", line));
        out.raw("</pre>");
      }
    }
  }

  private void rules() {
    out.raw("<h2>Rules</h2>");
    Map<String, List<Finding>> byRule = new LinkedHashMap<>();
    for (String rule : report.rules()) {
      byRule.put(rule, report.findings().stream().filter(f -> f.rule().equals(rule)).toList());
    }
    byRule.forEach((id, findings) -> {
      Optional<Rule> rule = RuleId.of(id).flatMap(Rules::of);
      out.line("<h3>%s</h3><p>%s</p>", id, rule.map(Rule::statement).orElse(""))
          .line("<p><em>Excludes:</em> %s</p>", rule.map(Rule::attack).orElse(""))
          .raw(
              "<table><tr><th>view</th><th>subject</th><th>verdict</th><th>what holds</th><th>evidence</th></tr>");
      for (Finding f : findings) {
        out.line(
            "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s%s</td><td>%s</td></tr>",
            f.view(),
            f.subject(),
            f.verdict(),
            f.message(),
            f.reason().map(r -> " (" + r + ")").orElse(""),
            f.evidence().map(this::evidence).orElse("–"));
      }
      out.raw("</table>");
    });
    long total = sizes.values().stream().mapToLong(Integer::longValue).sum();
    long proofs = sizes.keySet().stream().filter(n -> n.endsWith(".proof")).count();
    out.line(
        "<p>%s pieces of evidence, %s bytes, of them %s proofs.</p>", sizes.size(), total, proofs);
  }

  private String evidence(Evidence e) {
    return e.method()
        + e.smt2()
            .map(d ->
                ", script %s… (%d bytes)"
                    .formatted(d.substring(0, 12), sizes.getOrDefault(d + ".smt2", 0)))
            .orElse("")
        + e.witness().map(d -> ", witness " + d.substring(0, 12) + "…").orElse("")
        + (e.queries() > 0 ? ", " + e.queries() + " questions" : "");
  }

  /** Runs that break a rule, step by step: of what is refuted, and of what is waived. */
  private void attacks() {
    for (Finding f : report.findings()) {
      if (f.counterexample().isPresent()) {
        Counterexample attack = f.counterexample().get();
        out.line("<h2>Attack on %s: %s</h2><p>%s</p><ol>", f.rule(), f.subject(), f.message());
        attack
            .trace()
            .forEach(step ->
                out.line(
                    "<li class=\"m\">view %s, gpa %s: %s &nbsp; %s</li>",
                    step.view(), step.gpa(), step.text(), step.effect()));
        out.raw("</ol>");
      }
    }
  }
}

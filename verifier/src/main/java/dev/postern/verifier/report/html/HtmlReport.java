package dev.postern.verifier.report.html;

import dev.postern.checker.MapClaim;
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
import dev.postern.verifier.evidence.Audit;
import dev.postern.verifier.evidence.Claim;
import dev.postern.verifier.gate.Known;
import dev.postern.verifier.gate.Sites;
import dev.postern.verifier.rule.Rule;
import dev.postern.verifier.rule.Rules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The page: verdict, assumptions and waivers first; then views, gates, rules. */
public final class HtmlReport {

  private final Policy policy;
  private final Report report;
  private final Map<String, Integer> sizes;
  private final Audit audit;
  private final Html out;

  private HtmlReport(Policy policy, Report report, Map<String, Integer> sizes, Audit audit) {
    this.out =
        Html.page("%s version %s: %s".formatted(policy.name(), policy.version(), report.outcome()));
    this.policy = policy;
    this.report = report;
    this.sizes = sizes;
    this.audit = audit;
  }

  /**
   * The page.
   *
   * @param sizes of the evidence files, by name
   * @param audit of just these
   */
  public static String page(Policy policy, Report report, Map<String, Integer> sizes, Audit audit) {
    return new HtmlReport(policy, report, sizes, audit).page();
  }

  private String page() {
    verdict();
    assumptions();
    graph();
    policy.views().forEach(this::map);
    policy.gates().forEach(this::gate);
    rules();
    evidence();
    attacks();
    return out.end();
  }

  private void verdict() {
    out.line("<h1>%s, version %s</h1>", policy.name(), policy.version())
        .line("<p class=\"verdict\">%s</p>", report.outcome())
        .line("<p>Policy <code>sha256:%s</code></p>", report.sha256());
    if (audit.stands()) {
      out.line(
          "<p>The evidence was checked when this page was made, without a solver: it stands.</p>");
    } else {
      out.line(
          "<p class=\"verdict\">The evidence does not stand: %s</p><ul>",
          audit.unknown() ? "some is not there" : "it was refused");
      audit.objections().forEach(objection -> out.line("<li>%s</li>", objection));
      out.raw("</ul>");
    }
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
    out.line("<h2>View %s: guest-physical map</h2>", view.name());
    MapDrawing.draw(policy, view, out);
    out.raw(
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
            .filter(other ->
                other.mappings().stream()
                    .anyMatch(m -> Sharing.overlap(m.frames(), mapping.frames())))
            .map(View::name)
            .toList();
    return names.isEmpty() ? "–" : String.join(", ", names);
  }

  private void gate(Gate gate) {
    out.line("<h2>Gate %s: %s to %s and back</h2>", gate.name(), gate.from(), gate.to());
    Optional<View> view = policy.view(gate.to());
    if (view.isEmpty()) {
      return;
    }
    Known known = audit.known().get(gate.name());
    Knowledge knowledge = new Knowledge(known == null ? new TreeMap<>() : known.byAddress());
    Map<Long, String> marks = new LinkedHashMap<>();
    marks.put(gate.enter().value(), "VMFUNC into " + gate.to());
    marks.put(gate.entered().value(), landing(gate.to()));
    marks.put(gate.calls().value(), "protected entry: here the gate is passed");
    marks.put(gate.leave().value(), "VMFUNC back");
    marks.put(gate.left().value(), landing(gate.from()));
    for (Mapping mapping : view.get().mappings()) {
      if (mapping.image().isPresent()
          && (mapping.leaf().execute() || mapping.leaf().userExecute())) {
        listing(mapping, marks, knowledge);
      }
    }
  }

  private String landing(String view) {
    return "landing in %s: eax 0, ecx %s, all else the attacker's"
        .formatted(view, policy.view(view).map(v -> String.valueOf(v.index())).orElse("any"));
  }

  private void listing(Mapping mapping, Map<Long, String> marks, Knowledge knowledge) {
    out.line("<h3>%s at 0x%s</h3>", mapping.name(), Long.toHexString(mapping.la().value()))
        .raw(
            "<table class=\"code\"><tr><th>address</th><th>bytes</th><th>instruction</th><th>known here, behind the gate, whatever the caller does</th></tr>");
    for (Listings.Line line : Listings.of(mapping, marks)) {
      if (!line.label().isEmpty()) {
        knowledge.forget();
        out.line("<tr><td colspan=\"4\"><strong>%s</strong></td></tr>", line.label());
        continue;
      }
      out.line(
          "<tr><td>%s</td><td>%s</td><td>%s</td><td><strong>%s</strong>%s%s</td></tr>",
          Long.toHexString(line.la()),
          line.hex(),
          line.text(),
          line.mark(),
          line.mark().isEmpty() || !knowledge.reached(line.la()) ? "" : "; ",
          knowledge.reached(line.la()) ? knowledge.at(line.la()) : "");
    }
    out.raw("</table>");
  }

  private void rules() {
    out.line("<h2>Rules</h2><p>%s</p>", Formulas.NOTATION);
    Map<String, List<Finding>> byRule = new LinkedHashMap<>();
    for (String rule : report.rules()) {
      byRule.put(rule, report.findings().stream().filter(f -> f.rule().equals(rule)).toList());
    }
    byRule.forEach((id, findings) -> {
      Optional<Rule> rule = RuleId.of(id).flatMap(Rules::of);
      out.line("<h3>%s</h3><p>%s</p>", id, rule.map(Rule::statement).orElse(""))
          .line("<p class=\"m\">%s</p>", RuleId.of(id).map(Formulas::of).orElse(""))
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
  }

  /** What the checker judged, piece by piece; times are of this machine, and of no run but this. */
  private void evidence() {
    long total = sizes.values().stream().mapToLong(Integer::longValue).sum();
    out.line(
            "<h2>Evidence</h2><p>%s proofs, %s witnesses and %s listings, each checked against its obligation in %s together; %s bytes in %s files.</p>",
            audit.proofs(),
            audit.witnesses(),
            audit.listings(),
            millis(audit.checkerNanos()),
            total,
            sizes.size())
        .raw(
            "<table><tr><th>file</th><th>shows that</th><th>obligation</th><th>evidence</th><th>checked in</th></tr>");
    for (Claim claim : audit.claims()) {
      out.line(
          "<tr><td class=\"m\">%s…%s</td><td>%s</td><td>%s</td><td>%s bytes</td><td>%s</td></tr>",
          claim.file().substring(0, 12),
          claim.file().substring(claim.file().indexOf('.')),
          switch (claim) {
            case Claim.Unsatisfiable _ -> "no assignment satisfies the formula";
            case Claim.Maps maps -> "no address violates “" + maps.claim().name() + "”";
            case Claim.Sites _ -> "VMFUNC's encodings stand where they are listed";
          },
          switch (claim) {
            case Claim.Unsatisfiable formula -> formula.script().size() + " bytes of SMT-LIB";
            case Claim.Maps maps ->
                maps.claim().maps().stream().mapToInt(MapClaim.Ranges::size).sum() + " ranges";
            case Claim.Sites _ -> "pages of code, or their edges";
          },
          sizes.getOrDefault(claim.file(), 0),
          millis(audit.nanos().getOrDefault(claim.file(), 0L)));
    }
    out.raw("</table>");
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.2f ms", nanos / 1e6);
  }

  private String evidence(Evidence e) {
    return e.method()
        + e.smt2()
            .map(d ->
                ", script %s… (%d bytes)"
                    .formatted(d.substring(0, 12), sizes.getOrDefault(d + ".smt2", 0)))
            .orElse("")
        + e.witness().map(d -> ", witness " + d.substring(0, 12) + "…").orElse("")
        + (e.queries() == 0
            ? ""
            : e.queries() == 1 ? ", 1 question" : ", " + e.queries() + " questions");
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

package dev.postern.verifier.report.html;

import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.verifier.diff.Change;
import dev.postern.verifier.diff.Change.Direction;
import java.util.ArrayList;
import java.util.List;

/** What changed between two policies as a page: what widens first, listings side by side. */
public final class DiffPage {

  private final Html out;

  private DiffPage(String title) {
    this.out = Html.page(title);
  }

  /** The page. */
  public static String page(Policy old, Policy now, List<Change> changes) {
    String title =
        old.name().equals(now.name())
            ? "%s: what changed from version %d to %d"
                .formatted(now.name(), old.version(), now.version())
            : "What changed from %s to %s".formatted(old.name(), now.name());
    DiffPage page = new DiffPage(title);
    page.head(title, old, now, changes);
    for (Direction direction : Direction.values()) {
      page.changes(direction, changes.stream().filter(c -> c.direction() == direction).toList());
    }
    return page.out.end();
  }

  private void head(String title, Policy old, Policy now, List<Change> changes) {
    List<String> counts = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      long count = changes.stream().filter(c -> c.direction() == direction).count();
      if (count > 0) {
        counts.add(count + " " + direction.word());
      }
    }
    String verdict = counts.isEmpty() ? "nothing changed in meaning" : String.join(", ", counts);
    out.line("<h1>%s</h1><p class=\"verdict\">%s</p>", title, verdict)
        .raw("<table><tr><th></th><th>policy</th><th>version</th><th>SHA-256</th></tr>");
    policy("old", old);
    policy("new", now);
    out.raw("</table>");
  }

  private void policy(String which, Policy policy) {
    out.line(
        "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"m\">%s</td></tr>",
        which, policy.name(), policy.version(), PolicyJson.sha256(policy));
  }

  private void changes(Direction direction, List<Change> changes) {
    if (changes.isEmpty()) {
      return;
    }
    out.line(
            "<h2>%s</h2><p>%s</p>",
            switch (direction) {
              case WIDENED -> "Widened";
              case NARROWED -> "Narrowed";
              case CHANGED -> "Changed";
            },
            switch (direction) {
              case WIDENED -> "More can be reached or done than before, or a promise fell away.";
              case NARROWED -> "Less can be reached or done, or more is promised.";
              case CHANGED -> "Neither, or not known to be either.";
            })
        .raw("<table><tr><th>what</th><th>change</th></tr>");
    for (Change change : changes) {
      out.line(
          "<tr><td class=\"%s\">%s</td><td>%s", direction.word(), change.subject(), change.text());
      if (!change.details().isEmpty()) {
        out.raw("<pre>");
        change.details().forEach(line -> out.line("%s", line));
        out.raw("</pre>");
      }
      out.raw("</td></tr>");
    }
    out.raw("</table>");
  }
}

package dev.postern.verifier.report.html;

import dev.postern.model.Frames;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A view's guest-physical map, drawn: pages from low to high at the left, what lies between them,
 * and at the right whose frames they are and who else has them.
 */
final class MapDrawing {

  /** Boxes in one drawing; the table below it has all. */
  private static final int MOST = 64;

  private static final int WIDTH = 1000;
  private static final int BOX = 42;
  private static final int GAP = 20;

  private final Policy policy;
  private final View view;
  private final Html out;

  private MapDrawing(Policy policy, View view, Html out) {
    this.policy = policy;
    this.view = view;
    this.out = out;
  }

  static void draw(Policy policy, View view, Html out) {
    new MapDrawing(policy, view, out).draw();
  }

  private void draw() {
    List<Mapping> all =
        view.mappings().stream()
            .sorted(Comparator.comparing(m -> m.gpa().value(), Long::compareUnsigned))
            .toList();
    List<Mapping> shown = all.subList(0, Math.min(MOST, all.size()));
    int height = 30 + shown.size() * (BOX + GAP);
    out.raw(
        "<svg role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">"
            .formatted(WIDTH, height, WIDTH, height));
    out.raw("<text x=\"130\" y=\"16\" text-anchor=\"end\" font-weight=\"bold\">address</text>")
        .raw("<text x=\"150\" y=\"16\" font-weight=\"bold\">what this view has there</text>")
        .raw(
            "<text x=\"520\" y=\"16\" font-weight=\"bold\">whose frames, and who else has them</text>");
    int y = 26;
    for (int i = 0; i < shown.size(); i++) {
      Mapping mapping = shown.get(i);
      if (i > 0) {
        gap(shown.get(i - 1), mapping, y);
        y += GAP;
      }
      box(mapping, y);
      y += BOX;
    }
    out.raw("</svg>");
    if (shown.size() < all.size()) {
      out.line("<p>And %s more; the table has all.</p>", all.size() - shown.size());
    }
  }

  private void gap(Mapping below, Mapping above, int y) {
    long from = below.gpa().value() + below.size();
    long size = above.gpa().value() - from;
    if (size != 0) {
      out.line(
          "<line x1=\"150\" y1=\"%s\" x2=\"150\" y2=\"%s\" stroke=\"#111\" stroke-dasharray=\"2 3\"/>"
              + "<text x=\"164\" y=\"%s\" fill=\"#555\">nothing: %s</text>",
          y, y + GAP, y + 15, Sizes.text(size));
    }
  }

  private void box(Mapping m, int y) {
    String role = m.role().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    out.line(
        "<text class=\"m\" x=\"130\" y=\"%s\" text-anchor=\"end\">0x%s</text>"
            + "<rect x=\"150\" y=\"%s\" width=\"320\" height=\"%s\" fill=\"#fff\" stroke=\"#111\"/>"
            + "<rect x=\"150\" y=\"%s\" width=\"10\" height=\"%s\" fill=\"%s\"/>"
            + "<text x=\"170\" y=\"%s\"><tspan font-weight=\"bold\">%s</tspan>  %s</text>"
            + "<text x=\"460\" y=\"%s\" text-anchor=\"end\" class=\"m\" font-weight=\"bold\">%s</text>"
            + "<text x=\"170\" y=\"%s\" fill=\"#555\">%s</text>",
        y + 16,
        Long.toHexString(m.gpa().value()),
        y,
        BOX,
        y,
        BOX,
        colour(m.role()),
        y + 17,
        m.name(),
        role,
        y + 17,
        m.leaf().permissions(),
        y + 34,
        Sizes.text(m.size()));
    List<String> others = others(m);
    out.line(
        "<line x1=\"470\" y1=\"%s\" x2=\"514\" y2=\"%s\" stroke=\"#111\" stroke-width=\"%s\"/>"
            + "<text x=\"520\" y=\"%s\">%s+0x%s</text><text x=\"520\" y=\"%s\" fill=\"#555\">%s</text>",
        y + BOX / 2,
        y + BOX / 2,
        others.isEmpty() ? 1 : 3,
        y + 17,
        m.frames().owner(),
        Long.toHexString(m.frames().offset()),
        y + 34,
        others.isEmpty() ? "nobody else" : "shared: " + String.join("; ", others));
  }

  static String colour(Role role) {
    return switch (role) {
      case TRAMPOLINE, CODE -> "#0b5394";
      case DESTINATION_WINDOW -> "#b45f06";
      case SOURCE_WINDOW -> "#38761d";
      case PRIVATE -> "#741b47";
      default -> "#777777";
    };
  }

  /** Views and machines that have the same frames, with what they may do. */
  private List<String> others(Mapping mapping) {
    List<String> names = new ArrayList<>();
    for (View other : policy.views()) {
      if (!other.name().equals(view.name())) {
        other.mappings().stream()
            .filter(m -> Sharing.overlap(m.frames(), mapping.frames()))
            .findFirst()
            .ifPresent(m -> names.add("view " + other.name() + " " + m.leaf().permissions()));
      }
    }
    if (mapping.frames().owner() instanceof Frames.Owner.Memory(String owner, String _)) {
      policy.vms().stream()
          .filter(vm -> vm.name().equals(owner) && !vm.name().equals(view.vm()))
          .findFirst()
          .ifPresent(vm -> names.add(vm.name() + " itself" + approved(vm, mapping)));
    }
    return names;
  }

  private String approved(Vm owner, Mapping mapping) {
    return owner.approvals().stream()
        .filter(a -> a.source().equals(view.vm()))
        .filter(a -> Sharing.overlap(a.frames(), mapping.frames()))
        .findFirst()
        .map(a -> ", approved as " + a.name() + (a.write() ? " rw" : " r"))
        .orElse(", not approved");
  }
}

package dev.postern.signer.ceremony;

import dev.postern.json.Json;
import dev.postern.json.JsonWriter;
import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * All that is different between two policies, read off their canonical JSON: what has no difference
 * here has none in the policy's digest. Items of arrays are found again by their names, so one
 * mapping more is one line and not a shift of all that follow.
 */
public final class PolicyDifference {

  private static final int LONGEST_VALUE = 60;

  /**
   * One difference.
   *
   * @param wider whether more becomes reachable: new pages, more permission, another code
   * @param text where, and what was and what is
   */
  public record Line(boolean wider, String text) {}

  private final List<Line> lines = new ArrayList<>();

  private PolicyDifference() {}

  /**
   * What {@code after} has that {@code before} had not, and the reverse; empty if they are equal.
   */
  public static List<Line> between(Policy before, Policy after) {
    PolicyDifference difference = new PolicyDifference();
    difference.compare(List.of(), PolicyJson.write(before), PolicyJson.write(after));
    return List.copyOf(difference.lines);
  }

  private void compare(List<String> at, Json before, Json after) {
    if (before.equals(after)) {
      return;
    }
    if (before instanceof Json.Obj a && after instanceof Json.Obj b) {
      members(at, a.members(), b.members());
    } else if (before instanceof Json.Arr(List<Json> a)
        && after instanceof Json.Arr(List<Json> b)
        && isNamed(a)
        && isNamed(b)) {
      members(at, byName(a), byName(b));
    } else {
      lines.add(
          new Line(
              isWider(at, before, after), text(at) + ": " + shown(before) + " -> " + shown(after)));
    }
  }

  private void members(List<String> at, Map<String, Json> before, Map<String, Json> after) {
    before.forEach((name, was) -> {
      Json is = after.get(name);
      if (is == null) {
        lines.add(new Line(!canGo(at, name), "removed " + text(path(at, name)) + " " + shown(was)));
      } else {
        compare(path(at, name), was, is);
      }
    });
    after.forEach((name, is) -> {
      if (!before.containsKey(name)) {
        lines.add(new Line(!canCome(at), "new " + text(path(at, name)) + " " + shown(is)));
      }
    });
  }

  /** Whether nothing more becomes reachable when {@code name} is no longer there. */
  private static boolean canGo(List<String> at, String name) {
    return at.equals(List.of("views"))
        || at.equals(List.of("gates"))
        || at.equals(List.of("waivers"))
        || is(at, "views", "*", "mappings")
        || is(at, "vms", "*", "approvals")
        || is(at, "vms", "*", "approvals", "*", "shared-with")
        || (is(at, "views", "*") && name.equals("mediation-not-claimed"));
  }

  /** What holds a guest back: to have one more is no more reach. */
  private static boolean canCome(List<String> at) {
    return is(at, "vms", "*", "controls", "held") || is(at, "vms", "*", "lock", "kinds");
  }

  private static boolean is(List<String> at, String... pattern) {
    if (at.size() != pattern.length) {
      return false;
    }
    for (int i = 0; i < pattern.length; i++) {
      if (!pattern[i].equals("*") && !pattern[i].equals(at.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Only what is certainly no more than before is not wider. */
  private static boolean isWider(List<String> at, Json before, Json after) {
    if (at.equals(List.of("version"))) {
      return false;
    }
    if (is(at, "views", "*", "mappings", "*", "leaf")
        && before instanceof Json.Str(String was)
        && after instanceof Json.Str(String is)) {
      return !permissions(was).containsAll(permissions(is)) || !rest(was).equals(rest(is));
    }
    if (before instanceof Json.Bool(boolean was)
        && after instanceof Json.Bool(boolean is)
        && is(at, "vms", "*", "approvals", "*", "write")) {
      return is && !was;
    }
    return true;
  }

  private static List<Character> permissions(String leaf) {
    return leaf.split(" ", 2)[0].chars().filter(c -> c != '-').mapToObj(c -> (char) c).toList();
  }

  private static String rest(String leaf) {
    return leaf.contains(" ") ? leaf.substring(leaf.indexOf(' ')) : "";
  }

  private static boolean isNamed(List<Json> items) {
    return items.stream().allMatch(item -> !name(item).isEmpty())
        && items.stream().map(PolicyDifference::name).distinct().count() == items.size();
  }

  private static Map<String, Json> byName(List<Json> items) {
    Map<String, Json> named = new LinkedHashMap<>();
    items.forEach(item -> named.put(name(item), item));
    return named;
  }

  private static String name(Json item) {
    for (String member : List.of("name", "rule")) {
      if (item instanceof Json.Obj object
          && object.members().get(member) instanceof Json.Str(String name)) {
        return name;
      }
    }
    return item instanceof Json.Str(String text) ? text : "";
  }

  private static List<String> path(List<String> at, String name) {
    List<String> longer = new ArrayList<>(at);
    longer.add(name);
    return List.copyOf(longer);
  }

  private static String text(List<String> at) {
    return String.join(".", at);
  }

  /** A value short enough for a line; what is longer goes by its digest, which is compared too. */
  private static String shown(Json value) {
    String text =
        new String(JsonWriter.canonical(Objects.requireNonNull(value)), StandardCharsets.UTF_8);
    return text.length() <= LONGEST_VALUE
        ? text
        : "sha256:"
            + Bytes.of(text.getBytes(StandardCharsets.UTF_8)).sha256().substring(0, 16)
            + " ("
            + text.length()
            + " bytes)";
  }
}

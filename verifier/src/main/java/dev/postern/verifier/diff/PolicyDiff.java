package dev.postern.verifier.diff;

import dev.postern.json.Json;
import dev.postern.model.Control;
import dev.postern.model.Gate;
import dev.postern.model.Lock;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.Waiver;
import dev.postern.verifier.diff.Change.Direction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** Compares two policies by what they mean. */
public final class PolicyDiff {

  private final Policy before;
  private final Policy after;
  private final List<Change> changes = new ArrayList<>();

  private PolicyDiff(Policy before, Policy after) {
    this.before = before;
    this.after = after;
  }

  /** What differs: views first, then machines, gates, waivers, and everything else by its place. */
  public static List<Change> between(Policy before, Policy after) {
    PolicyDiff diff = new PolicyDiff(before, after);
    diff.views();
    diff.machines();
    diff.gates();
    diff.waivers();
    diff.rest("", PolicyJson.write(before), PolicyJson.write(after));
    return List.copyOf(diff.changes);
  }

  private void add(Direction direction, String subject, String text) {
    changes.add(new Change(direction, subject, text));
  }

  private static <T> Set<String> names(
      Collection<T> one, Collection<T> other, Function<T, String> name) {
    Set<String> names = new TreeSet<>();
    one.forEach(item -> names.add(name.apply(item)));
    other.forEach(item -> names.add(name.apply(item)));
    return names;
  }

  private void views() {
    for (String name : names(before.views(), after.views(), View::name)) {
      Optional<View> old = before.view(name);
      Optional<View> now = after.view(name);
      String subject = "view " + name;
      if (old.isEmpty() || now.isEmpty()) {
        boolean added = old.isEmpty();
        add(added ? Direction.WIDENED : Direction.NARROWED, subject, added ? "is new" : "is gone");
        continue;
      }
      changes.addAll(PageDiff.of(old.get(), now.get()));
      changes.addAll(CodeDiff.of(old.get(), now.get()));
      if (old.get().mediationNotClaimed().isPresent()
          != now.get().mediationNotClaimed().isPresent()) {
        boolean dropped = now.get().mediationNotClaimed().isPresent();
        add(
            dropped ? Direction.WIDENED : Direction.NARROWED,
            subject,
            dropped ? "mediation is no longer claimed" : "mediation is claimed");
      }
    }
  }

  private void machines() {
    for (String name : names(before.vms(), after.vms(), Vm::name)) {
      Optional<Vm> old = before.vm(name);
      Optional<Vm> now = after.vm(name);
      if (old.isEmpty() || now.isEmpty()) {
        add(Direction.CHANGED, "vm " + name, old.isEmpty() ? "is new" : "is gone");
        continue;
      }
      for (Lock.Kind kind : Lock.Kind.values()) {
        promise("lock " + kind, name, old.get().lock().has(kind), now.get().lock().has(kind));
      }
      for (Control control : Control.values()) {
        promise(
            "control " + control,
            name,
            old.get().controls().holds(control),
            now.get().controls().holds(control));
      }
      approvals(old.get(), now.get());
    }
  }

  private void promise(String what, String vm, boolean old, boolean now) {
    if (old != now) {
      add(
          old ? Direction.WIDENED : Direction.NARROWED,
          "vm " + vm,
          what + (old ? " is gone" : " is new"));
    }
  }

  private void approvals(Vm old, Vm now) {
    for (String name : names(old.approvals(), now.approvals(), Vm.Approval::name)) {
      Optional<Vm.Approval> was =
          old.approvals().stream().filter(a -> a.name().equals(name)).findFirst();
      Optional<Vm.Approval> is =
          now.approvals().stream().filter(a -> a.name().equals(name)).findFirst();
      String subject = "vm " + now.name() + ", approval " + name;
      if (was.isEmpty() || is.isEmpty()) {
        boolean added = was.isEmpty();
        add(
            added ? Direction.WIDENED : Direction.NARROWED,
            subject,
            added ? "is new" : "is withdrawn");
      } else if (was.get().write() != is.get().write()) {
        add(
            is.get().write() ? Direction.WIDENED : Direction.NARROWED,
            subject,
            is.get().write() ? "now allows writing" : "no longer allows writing");
      } else if (is.get().size() > was.get().size()) {
        add(Direction.WIDENED, subject, "grew to 0x" + Long.toHexString(is.get().size()));
      }
    }
  }

  private void gates() {
    for (String name : names(before.gates(), after.gates(), Gate::name)) {
      boolean old = before.gates().stream().anyMatch(g -> g.name().equals(name));
      boolean now = after.gates().stream().anyMatch(g -> g.name().equals(name));
      if (old != now) {
        add(
            now ? Direction.WIDENED : Direction.NARROWED,
            "gate " + name,
            now ? "is new" : "is gone");
      }
    }
  }

  private void waivers() {
    for (String rule : names(before.waivers(), after.waivers(), Waiver::rule)) {
      boolean old = before.waivers().stream().anyMatch(w -> w.rule().equals(rule));
      boolean now = after.waivers().stream().anyMatch(w -> w.rule().equals(rule));
      if (old != now) {
        add(
            now ? Direction.WIDENED : Direction.NARROWED,
            "waiver of " + rule,
            now ? "is new" : "is gone");
      }
    }
  }

  /** Whatever differs in the canonical JSON, but for pages and code, which were compared. */
  private void rest(String pointer, Json old, Json now) {
    if (old.equals(now) || pointer.matches("/views/[^/]*/mappings")) {
      return;
    }
    if (old instanceof Json.Obj a && now instanceof Json.Obj b) {
      Set<String> names = new TreeSet<>(a.members().keySet());
      names.addAll(b.members().keySet());
      for (String name : names) {
        Json absent = new Json.Null();
        rest(
            pointer + "/" + name,
            a.members().getOrDefault(name, absent),
            b.members().getOrDefault(name, absent));
      }
    } else if (old instanceof Json.Arr a
        && now instanceof Json.Arr b
        && a.items().size() == b.items().size()) {
      for (int i = 0; i < a.items().size(); i++) {
        rest(pointer + "/" + i, a.items().get(i), b.items().get(i));
      }
    } else {
      add(Direction.CHANGED, pointer, shown(old) + " is now " + shown(now));
    }
  }

  private static String shown(Json value) {
    return switch (value) {
      case Json.Str(String text) -> "'" + text + "'";
      case Json.Num(long number) -> Long.toString(number);
      case Json.Bool(boolean flag) -> Boolean.toString(flag);
      case Json.Null() -> "nothing";
      case Json.Arr(List<Json> items) -> items.size() + " entries";
      case Json.Obj object -> "an object";
    };
  }
}

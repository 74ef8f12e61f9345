package dev.postern.verifier.diff;

import dev.postern.json.Members;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.View;
import dev.postern.verifier.diff.Change.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Guest-physical pages of one view, before and after: runs of pages that changed alike. */
final class PageDiff {

  private PageDiff() {}

  static List<Change> of(View old, View now) {
    TreeSet<Long> bounds = new TreeSet<>(Long::compareUnsigned);
    for (View view : List.of(old, now)) {
      for (Mapping mapping : view.mappings()) {
        bounds.add(mapping.gpa().value());
        bounds.add(mapping.gpa().value() + mapping.size());
      }
    }
    List<Change> changes = new ArrayList<>();
    List<Long> sorted = List.copyOf(bounds);
    int before = 0;
    int after = 0;
    for (int i = 0; i < sorted.size(); i++) {
      long first = sorted.get(i);
      long last = sorted.get((i + 1) % sorted.size()) - 1; // the end of all wraps
      before = past(old, before, first);
      after = past(now, after, first);
      Optional<Mapping> was = holds(old, before, first);
      Optional<Mapping> is = holds(now, after, first);
      String pages = "view %s, 0x%x to 0x%x".formatted(now.name(), first, last);
      if (was.isEmpty() && is.isPresent()) {
        changes.add(
            new Change(
                Direction.WIDENED, pages, "can be reached: " + is.get().leaf().permissions()));
      } else if (was.isPresent() && is.isEmpty()) {
        changes.add(new Change(Direction.NARROWED, pages, "can no longer be reached"));
      } else if (was.isPresent()) {
        leaf(pages, was.get().leaf(), is.orElseThrow().leaf(), changes);
        frames(pages, first, was.get(), is.orElseThrow(), changes);
      }
    }
    return changes;
  }

  private static int past(View view, int from, long address) {
    int i = from;
    while (i < view.mappings().size()
        && Long.compareUnsigned(
                view.mappings().get(i).gpa().value() + (view.mappings().get(i).size() - 1), address)
            < 0) {
      i++;
    }
    return i;
  }

  private static Optional<Mapping> holds(View view, int i, long address) {
    return i < view.mappings().size()
            && Long.compareUnsigned(view.mappings().get(i).gpa().value(), address) <= 0
        ? Optional.of(view.mappings().get(i))
        : Optional.empty();
  }

  private static void leaf(String pages, Leaf old, Leaf now, List<Change> changes) {
    if (old.equals(now)) {
      return;
    }
    boolean more =
        (now.read() && !old.read())
            || (now.write() && !old.write())
            || (now.execute() && !old.execute())
            || (now.userExecute() && !old.userExecute())
            || (now.pagingWrite() && !old.pagingWrite())
            || (now.subPageWrite() && !old.subPageWrite())
            || (old.verifyGuestPaging() && !now.verifyGuestPaging());
    boolean less =
        (old.read() && !now.read())
            || (old.write() && !now.write())
            || (old.execute() && !now.execute())
            || (old.userExecute() && !now.userExecute());
    Direction direction = more ? Direction.WIDENED : less ? Direction.NARROWED : Direction.CHANGED;
    String text =
        old.permissions().equals(now.permissions())
            ? "entry bits 0x%x are now 0x%x".formatted(old.bits(), now.bits())
            : old.permissions() + " is now " + now.permissions();
    changes.add(new Change(direction, pages, text));
  }

  /** Other memory behind the same pages is new memory that can be reached. */
  private static void frames(
      String pages, long first, Mapping old, Mapping now, List<Change> changes) {
    String was = frame(old, first);
    String is = frame(now, first);
    if (!was.equals(is)) {
      changes.add(new Change(Direction.WIDENED, pages, was + " is now " + is));
    }
    if (old.role() != now.role() || old.perVcpu() != now.perVcpu()) {
      changes.add(new Change(Direction.CHANGED, pages, old.role() + " is now " + now.role()));
    }
    int more = now.discloses().compareTo(old.discloses());
    if (more != 0) {
      changes.add(
          new Change(
              more > 0 ? Direction.WIDENED : Direction.NARROWED,
              pages,
              "writes disclosed "
                  + Members.word(old.discloses())
                  + " and now "
                  + Members.word(now.discloses())));
    }
  }

  private static String frame(Mapping mapping, long address) {
    long offset = mapping.frames().offset() + (address - mapping.gpa().value());
    return mapping.frames().owner() + "+0x" + Long.toHexString(offset);
  }
}

package dev.postern.verifier.gate;

import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.report.Counterexample;
import dev.postern.verifier.concrete.Circumstance;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.machine.State;
import dev.postern.verifier.smt.Model;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import dev.postern.x86.Segment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns a solver's model of a landing's unknowns into a scenario that starts before the VMFUNC. */
final class Attack {

  private static final long PAGE = PageSize.SMALL.bytes();
  private static final byte[] VMFUNC = {0x0f, 0x01, (byte) 0xd4};

  private final Policy policy;
  private final Landing landing;
  private final Mode mode;
  private final TermAlgebra algebra;
  private final Model model;
  private final List<Counterexample.PageEntry> paging = new ArrayList<>();
  private final List<Counterexample.Content> memory = new ArrayList<>();
  private final List<Counterexample.Content> fetches = new ArrayList<>();
  private final Set<Circumstance> circumstances = EnumSet.noneOf(Circumstance.class);

  Attack(Policy policy, Landing landing, Mode mode, TermAlgebra algebra, Model model) {
    this.policy = policy;
    this.landing = landing;
    this.mode = mode;
    this.algebra = algebra;
    this.model = model;
  }

  /** In the landing's view, the attacker's tables lead linear page {@code la} to {@code gpa}. */
  Attack mapping(long la, long gpa) {
    paging.add(new Counterexample.PageEntry(landing.index(), hex(la & -PAGE), hex(gpa & -PAGE)));
    return this;
  }

  /** What successive loads from windows return. */
  Attack fetching(List<Counterexample.Content> answers) {
    fetches.addAll(answers);
    return this;
  }

  /** What the surroundings do on the way. */
  Attack under(Circumstance circumstance) {
    circumstances.add(circumstance);
    return this;
  }

  /** What memory holds before the first step. */
  Attack holding(List<Counterexample.Content> contents) {
    memory.addAll(contents);
    return this;
  }

  Scenario scenario() {
    Map<Gpr, Long> gprs = new EnumMap<>(Gpr.class);
    for (Gpr gpr : Gpr.values()) {
      gprs.put(gpr, register(gpr));
    }
    long rflags = Scenario.CLEAN_RFLAGS;
    for (Flag flag : Flag.values()) {
      long bit = value("flag." + flag.name().toLowerCase(Locale.ROOT), 1);
      rflags |= bit << flag.bit();
    }
    Map<Segment, Long> bases = new EnumMap<>(Segment.class);
    for (Segment segment : Segment.values()) {
      boolean flat = mode == Mode.BITS64 && segment != Segment.FS && segment != Segment.GS;
      if (!flat && segment != Segment.CS) {
        bases.put(segment, value(segment.name().toLowerCase(Locale.ROOT) + ".base", 64));
      }
    }
    int cs = (int) value("cs", 16);
    Start start = start();
    return new Scenario(
        landing.view().vm(),
        start.view,
        mode,
        start.rip,
        gprs,
        rflags,
        cs,
        bases,
        paging,
        memory,
        fetches,
        circumstances);
  }

  private long register(Gpr gpr) {
    return switch (gpr) {
      case RAX -> value(State.name(gpr), 32) << 32;
      case RCX -> value(State.name(gpr), 32) << 32 | landing.index();
      default -> value(State.name(gpr), 64);
    };
  }

  private long value(String name, int width) {
    return model.value(algebra.variable(name, width)).low();
  }

  private record Start(int view, long rip) {}

  private Start start() {
    return switch (landing.approach()) {
      case Landing.Approach.Site site -> new Start(site.fromIndex(), site.site());
      case Landing.Approach.Alias alias -> {
        long page = (landing.la() - 1) & -PAGE;
        paging.add(new Counterexample.PageEntry(0, hex(page), hex(alias.gpa())));
        yield new Start(0, page + alias.offset());
      }
      case Landing.Approach.OwnCode own -> {
        prepareOwnCode();
        yield new Start(0, landing.la() - 3);
      }
      case Landing.Approach.OwnPage own -> {
        for (int i = 0; i < VMFUNC.length; i++) {
          hold(own.fromIndex(), own.gpa() - 2 + i, VMFUNC[i]);
        }
        yield new Start(own.fromIndex(), landing.la() - VMFUNC.length);
      }
    };
  }

  private void hold(int view, long gpa, byte value) {
    memory.add(
        new Counterexample.Content(view, hex(gpa), String.format(Locale.ROOT, "%02x", value)));
  }

  /** Puts VMFUNC in the three bytes before the landing, on pages of the attacker's own. */
  private void prepareOwnCode() {
    long first = (landing.la() - 3) & -PAGE;
    long last = (landing.la() - 1) & -PAGE;
    long own = ownMemory();
    place(first, own);
    if (last != first) {
      place(last, own + PAGE);
    }
    for (int i = 0; i < VMFUNC.length; i++) {
      long la = landing.la() - VMFUNC.length + i;
      hold(0, ((la & -PAGE) == first ? own : own + PAGE) + (la & (PAGE - 1)), VMFUNC[i]);
    }
  }

  private void place(long la, long gpa) {
    paging.add(new Counterexample.PageEntry(0, hex(la), hex(gpa)));
  }

  /** Two pages of the source's memory, writable and executable in the default view. */
  private long ownMemory() {
    Optional<View> home =
        policy.viewsOf(landing.view().vm()).stream().filter(View::isDefault).findFirst();
    return home.stream()
        .flatMap(view -> view.mappings().stream())
        .filter(m -> m.role() == Role.RAM && m.leaf().write() && m.size() >= 2 * PAGE)
        .map(Mapping::gpa)
        .findFirst()
        .map(gpa -> gpa.value())
        .orElse(0L);
  }

  /** The value of a term under the model. */
  long evaluate(Term term) {
    return model.evaluate(term).low();
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}

package dev.postern.silicon;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Bytes;
import dev.postern.model.Gate;
import dev.postern.model.Hpa;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.x86.Gpr;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A policy on a host, and what its guest does there, as rows of docs/silicon.md. */
final class Scene {

  static final String VM = "fw";

  /** VMCALL. */
  static final String CALL_HOST = "0f01c1";

  final String file;
  final Policy policy;
  final Host host;
  private static final long PAGE = 4096;

  final List<Row> rows = new ArrayList<>();

  Scene(String file) {
    this.file = file;
    this.policy = PolicyCompiler.compile(Path.of("../examples", file)).policy().orElseThrow();
    try {
      this.host = Host.of(policy);
    } catch (SiliconException e) {
      throw new AssertionError(e);
    }
  }

  Gate gate() {
    return policy.gates().getFirst();
  }

  /** Linear address of the attacker's code. */
  long code() {
    return Attacker.code(policy, VM);
  }

  /** Guest-physical address of the attacker's code. */
  long codePage() {
    return Attacker.base(policy, VM) + Attacker.CODE;
  }

  /** Every row, on the host's image. */
  Emulator.Load load() {
    return load(host.imageFile());
  }

  /** The same on another image. */
  Emulator.Load load(byte[] image) {
    return new Emulator.Load(host, Bytes.of(image), rows.stream().map(Row::trial).toList());
  }

  /** What rows may write: the attacker's pages, and where windows and private memory begin. */
  private Set<Hpa> pages() throws SiliconException {
    Set<Hpa> pages = new HashSet<>();
    for (int page = 0; page < Attacker.SIZE / PAGE; page++) {
      pages.add(host.host(VM, 0, Attacker.base(policy, VM) + page * PAGE));
    }
    for (View view : policy.viewsOf(VM)) {
      for (Mapping mapping : view.mappings()) {
        for (long at = 0; at < mapping.size() && at < 4 * PAGE; at += PAGE) {
          if (mapping.role() != Role.RAM) {
            pages.add(host.host(VM, view.index(), mapping.gpa().value() + at));
          }
        }
      }
    }
    return pages;
  }

  /** What is prepared, and what must come of it. */
  final class Preparation {
    private final String what;
    private final long rip;
    private final Map<Gpr, Long> gprs = new HashMap<>();
    private final List<Trial.Content> contents = new ArrayList<>();
    private final Map<String, Long> watch = new LinkedHashMap<>();
    private Map<Long, Long> translations = Map.of();
    private List<Tables> tables = List.of();
    private int cs = Scenario.KERNEL_CS;

    private Preparation(String what, long rip) {
      this.what = what;
      this.rip = rip;
      gprs.put(Gpr.RSP, Attacker.stack(policy, VM));
      gprs.put(Gpr.R14, Attacker.stack(policy, VM));
      gprs.put(Gpr.R15, code() + 0x800);
      put(0, codePage() + 0x800, CALL_HOST);
    }

    /** A process, not the kernel. */
    Preparation atRing3() {
      this.cs = Scenario.KERNEL_CS | 3;
      return this;
    }

    Preparation with(Gpr register, long value) {
      gprs.put(register, value);
      return this;
    }

    Preparation put(int view, long gpa, String hex) {
      try {
        contents.add(new Trial.Content(host.host(VM, view, gpa), HexFormat.of().parseHex(hex)));
      } catch (SiliconException e) {
        throw new AssertionError(e);
      }
      return this;
    }

    Preparation put(int view, long gpa, long value) {
      byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
      return put(view, gpa, HexFormat.of().formatHex(bytes));
    }

    /** Entries of the guest's own in its paging structures. */
    Preparation mapped(Map<Long, Long> more) {
      this.translations = more;
      return this;
    }

    /** The guest's paging structures, the one CR3 names first. */
    Preparation on(Tables... own) {
      this.tables = List.of(own);
      return this;
    }

    Preparation watching(String name, int view, long gpa) {
      try {
        watch.put(name, host.host(VM, view, gpa).value());
      } catch (SiliconException e) {
        throw new AssertionError(e);
      }
      return this;
    }

    private Scenario start() {
      Scenario kernel = Scenario.at(VM, 0, rip, gprs);
      return new Scenario(
          VM,
          kernel.view(),
          kernel.mode(),
          rip,
          kernel.gprs(),
          kernel.rflags(),
          cs,
          kernel.bases(),
          kernel.paging(),
          kernel.memory(),
          kernel.fetches(),
          kernel.circumstances());
    }

    /** What is observed then, and why. */
    void ends(String because, String observed) {
      try {
        Trial trial =
            Trial.whole(
                    "t" + rows.size(),
                    start(),
                    contents,
                    watch.values().stream().map(Hpa::new).toList())
                .within(Optional.of(pages()));
        if (!tables.isEmpty()) {
          Tables all = tables.getFirst();
          for (Tables more : tables) {
            all = all.with(more.pages());
          }
          trial = trial.on(all);
        } else if (!translations.isEmpty()) {
          trial = trial.on(patched(translations));
        }
        rows.add(new Row(file, what, because, observed, List.copyOf(watch.keySet()), trial));
      } catch (SiliconException e) {
        throw new AssertionError(e);
      }
    }
  }

  private Tables patched(Map<Long, Long> more) throws SiliconException {
    Tables usual = GuestTables.of(host, VM);
    Hpa root = host.host(VM, 1, usual.root());
    byte[] bytes = usual.pages().get(root);
    ByteBuffer page = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
    more.forEach((la, gpa) -> page.putLong((int) (la >>> 12) * 8, gpa | 0x67));
    return usual.with(Map.of(root, page.array()));
  }

  /** A start in the default view at {@code rip}. */
  Preparation at(String what, long rip) {
    return new Preparation(what, rip);
  }

  /** A start in the default view on code of the attacker's. */
  Preparation running(String what, String hex) {
    return new Preparation(what, code()).put(0, codePage(), hex);
  }

  /** A scenario of the table: what is done under which policy, and what must be seen. */
  record Row(
      String file,
      String what,
      String because,
      String expected,
      List<String> watched,
      Trial trial) {

    /** The same under another trial name; it may write anywhere. */
    Row numbered(int number) {
      Trial other =
          new Trial(
              "t" + number,
              trial.start(),
              trial.contents(),
              trial.watch(),
              trial.steps(),
              trial.tables(),
              Optional.empty());
      return new Row(file, what, because, expected, watched, other);
    }

    /** What was seen, in the words of {@code expected}. */
    String observed(Outcome outcome) {
      StringBuilder text = new StringBuilder(outcome.text());
      for (int i = 0; i < watched.size(); i++) {
        text.append("; ")
            .append(watched.get(i))
            .append(" holds 0x")
            .append(Long.toHexString(outcome.value("w" + i)));
      }
      return text.toString();
    }
  }
}

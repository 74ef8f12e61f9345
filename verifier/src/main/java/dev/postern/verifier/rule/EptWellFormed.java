package dev.postern.verifier.rule;

import dev.postern.model.Control;
import dev.postern.model.Frames;
import dev.postern.model.Gate;
import dev.postern.model.Gpa;
import dev.postern.model.Hpa;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.PageSize;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.report.Finding;
import dev.postern.verifier.Verification;
import dev.postern.verifier.access.Access;
import dev.postern.verifier.access.Replay;
import dev.postern.verifier.access.ViewStatement;
import dev.postern.verifier.frame.Entries;
import dev.postern.verifier.frame.FrameIndex;
import dev.postern.x86.Bits;
import dev.postern.x86.ConcreteAlgebra;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * O-25, O-26, O-29 and the bit rules: each EPT pointer valid, no entry misconfigured, executable
 * leaves small, and code leaves without the bits that let a page be written or executed past W=0
 * and X=0. Every other rule may take well-formed entries for granted, since this one reads all of
 * them.
 */
final class EptWellFormed implements Rule {

  @Override
  public RuleId id() {
    return RuleId.EPT_WELL_FORMED;
  }

  @Override
  public String statement() {
    return "every EPT pointer passes the VM-entry check and no EPT entry is misconfigured on the"
        + " policy's processor; executable leaves are 4 KiB; code leaves have no sub-page,"
        + " paging-write or shadow-stack bit, and user-execute only as their gates say";
  }

  @Override
  public String attack() {
    return "an access through a misconfigured entry exits to the hypervisor, which takes it for MMIO"
        + " and completes it; or a bit beside W=0 lets the guest write the page of the gate";
  }

  @Override
  public List<String> assumptions() {
    return List.of("K13", "K14", "K16", "O-25", "O-26");
  }

  @Override
  public List<Finding> check(Verification run) {
    List<Finding> answers = new ArrayList<>();
    for (View view : run.policy().views()) {
      answers.add(pointer(run, view));
      List<Finding> flaws = entries(run, view);
      answers.addAll(flaws);
      if (flaws.isEmpty() && !view.isDefault()) {
        run.covers(id(), "entries", view.mappings().size());
        answers.add(
            obligation(view, "entries", "O-25", "O-26", "O-29")
                .proved(
                    "entries of " + view.mappings().size() + " mappings are well-formed",
                    run.stopwatch().by("enumeration")));
      }
    }
    answers.addAll(aliases(run));
    return answers;
  }

  private Finding pointer(Verification run, View view) {
    Verification.Stopwatch watch = run.stopwatch();
    Obligation obligation = obligation(view, "ept pointer", "O-25");
    long bits = view.eptp().bits() | view.root().map(Hpa::value).orElse(0L);
    Optional<String> invalid = new Entries(run.policy().cpu()).invalidPointer(bits);
    agree(
        invalid.isEmpty(),
        new EntryTerms<>(ConcreteAlgebra.INSTANCE, run.policy().cpu())
            .validPointer(Bits.of(64, bits)),
        bits);
    if (invalid.isEmpty()) {
      return obligation.proved("the EPT pointer is valid", watch.by("enumeration"));
    }
    String message = "the EPT pointer is invalid: " + invalid.get();
    return obligation.refuted(
        message,
        Replay.statement(run.policy(), message, new ViewStatement.PointerInvalid(view.name())),
        watch.by("enumeration"));
  }

  /** One finding for each mapping with a flaw. */
  private List<Finding> entries(Verification run, View view) {
    List<Finding> flaws = new ArrayList<>();
    Set<Integer> levels =
        run.policy().gates().stream()
            .filter(gate -> gate.to().equals(view.name()))
            .map(Gate::privilegeLevel)
            .collect(Collectors.toSet());
    for (Mapping mapping : view.mappings()) {
      malformed(run, view, mapping)
          .or(() -> forbidden(run, view, mapping, levels))
          .ifPresent(flaws::add);
    }
    return flaws;
  }

  private Optional<Finding> malformed(Verification run, View view, Mapping mapping) {
    FrameIndex index = FrameIndex.of(run);
    long first = index.address(mapping.frames());
    long offset = mapping.size() - mapping.pageSize().bytes();
    long last = first == 0 ? 0 : first + offset;
    for (long address : new long[] {first, last}) {
      long entry = Entries.leaf(mapping.leaf(), mapping.pageSize(), address);
      Optional<String> why = index.entries().misconfiguration(entry, mapping.pageSize());
      agree(
          why.isPresent(),
          new EntryTerms<>(ConcreteAlgebra.INSTANCE, run.policy().cpu())
              .misconfigured(Bits.of(64, entry), mapping.pageSize()),
          entry);
      if (why.isPresent()) {
        return Optional.of(
            refuted(
                run,
                view,
                mapping,
                mapping.gpa().plus(address == first ? 0 : offset),
                Access.Kind.R,
                "O-25",
                "entry of " + mapping.name() + " is misconfigured: " + why.get()));
      }
    }
    int width =
        Math.min(run.policy().cpu().physicalAddressWidth(), 12 + 9 * view.eptp().walkLength());
    long end = mapping.gpa().value() + mapping.size() - 1;
    if (end >>> width != 0) {
      Gpa beyond = mapping.gpa().value() >>> width != 0 ? mapping.gpa() : new Gpa(1L << width);
      return Optional.of(
          refuted(
              run,
              view,
              mapping,
              beyond,
              Access.Kind.R,
              "O-25",
              mapping.name() + " lies beyond the " + width + " bits of a guest-physical address"));
    }
    return Optional.empty();
  }

  /** The formula of the model says what the code says, or the run ends. */
  private static void agree(boolean code, Bits formula, long entry) {
    if (code != formula.isTrue()) {
      throw new IllegalStateException(
          "code and formula disagree on the entry 0x" + Long.toHexString(entry));
    }
  }

  /** Bits that are well-formed and yet not for a leaf that grants execution, or holds code. */
  private Optional<Finding> forbidden(
      Verification run, View view, Mapping mapping, Set<Integer> levels) {
    Leaf leaf = mapping.leaf();
    Entries entries = FrameIndex.of(run).entries();
    if (!view.isDefault() && entries.executable(leaf) && mapping.pageSize() != PageSize.SMALL) {
      return holdsCode(mapping)
          ? Optional.of(
              refuted(
                  run,
                  view,
                  mapping,
                  mapping.gpa(),
                  Access.Kind.X,
                  "O-26",
                  mapping.name() + " is executable through a large page"))
          : Optional.empty(); // windows-not-executable refutes it
    }
    if (!holdsCode(mapping)) {
      return Optional.empty();
    }
    String bits =
        (leaf.subPageWrite() ? " sub-page-write (61)" : "")
            + (leaf.pagingWrite() ? " paging-write (58)" : "")
            + (leaf.supervisorShadowStack() ? " shadow-stack (60)" : "");
    if (!bits.isEmpty()) {
      return Optional.of(
          refuted(
              run,
              view,
              mapping,
              mapping.gpa(),
              Access.Kind.R,
              "O-29",
              mapping.name() + " has" + bits + ", by which it can be written although W=0"));
    }
    return view.isDefault() ? Optional.empty() : privilege(run, view, mapping, levels);
  }

  /** O-16's part in O-29: who may execute code pages, where gates say who calls. */
  private Optional<Finding> privilege(
      Verification run, View view, Mapping mapping, Set<Integer> levels) {
    Leaf leaf = mapping.leaf();
    boolean split = run.vm(view).controls().holds(Control.K13);
    boolean user = leaf.userExecute() && FrameIndex.of(run).entries().userExecutePossible();
    if (levels.isEmpty()) {
      return Optional.empty();
    }
    if (user && !levels.contains(3)) {
      return Optional.of(
          refuted(
              run,
              view,
              mapping,
              mapping.gpa(),
              Access.Kind.X,
              "O-29",
              mapping.name() + " has user-execute (10), and no gate is for CPL 3"));
    }
    if (split && leaf.execute() && !levels.contains(0)) {
      return Optional.of(
          refuted(
              run,
              view,
              mapping,
              mapping.gpa(),
              Access.Kind.X,
              "O-29",
              mapping.name() + " has supervisor-execute (2), and no gate is for CPL 0"));
    }
    return Optional.empty();
  }

  private List<Finding> aliases(Verification run) {
    List<Finding> flaws = new ArrayList<>();
    FrameIndex index = FrameIndex.of(run);
    for (Vm vm : run.policy().vms()) {
      for (Vm.Alias alias : vm.aliases()) {
        Verification.Stopwatch watch = run.stopwatch();
        Frames frames = alias.frames();
        long entry = Entries.leaf(alias.leaf(), PageSize.SMALL, index.address(frames));
        Optional<String> why = index.entries().misconfiguration(entry, PageSize.SMALL);
        if (why.isPresent()) {
          String message =
              "alias of " + vm.name() + " at " + alias.gpa() + " is misconfigured: " + why.get();
          flaws.add(
              new Obligation(
                      id(),
                      List.of("O-25"),
                      "",
                      vm.name() + " at " + alias.gpa(),
                      Optional.of(alias.at()))
                  .refuted(
                      message,
                      Replay.access(
                          run.policy(),
                          message,
                          new Access.InMachine(vm.name(), alias.gpa(), Access.Kind.R)),
                      watch.by("enumeration")));
        }
      }
    }
    return flaws;
  }

  private Finding refuted(
      Verification run,
      View view,
      Mapping mapping,
      Gpa gpa,
      Access.Kind kind,
      String discharges,
      String message) {
    return new Obligation(
            id(), List.of(discharges), view.name(), mapping.name(), Optional.of(mapping.at()))
        .refuted(
            message,
            Replay.access(
                run.policy(), message, new Access.InView(view.vm(), view.index(), gpa, kind)),
            run.stopwatch().by("enumeration"));
  }

  private Obligation obligation(View view, String subject, String... discharges) {
    return new Obligation(id(), List.of(discharges), view.name(), subject, Optional.of(view.at()));
  }

  private static boolean holdsCode(Mapping mapping) {
    return switch (mapping.role()) {
      case TRAMPOLINE, CODE -> true;
      case RAM, CONSTANT, PRIVATE, SOURCE_WINDOW, DESTINATION_WINDOW, PAGING -> false;
    };
  }
}

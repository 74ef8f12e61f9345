package dev.postern.examples;

import dev.postern.model.CodeImage;
import dev.postern.model.Control;
import dev.postern.model.Frames;
import dev.postern.model.Leaf;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.verifier.concrete.Stop;
import dev.postern.x86.Decoder;
import dev.postern.x86.Flag;
import dev.postern.x86.Gpr;
import dev.postern.x86.Instruction;
import dev.postern.x86.Mnemonic;
import dev.postern.x86.Mode;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Why a mutant may be proved: the ways in which a change does no harm. Each is computed from the
 * mutant, from its decoding or from what the original and the mutant do in the same situations.
 */
enum Harmless {
  /** The changed instruction decodes to the same operation on the same operands. */
  SAME_DECODING("decodes to the same instruction"),
  /** No run executes the byte in a protected view: it is the guest's own business. */
  DEFAULT_VIEW_ONLY("executes in the default view only"),
  /** Every situation comes to the same end, by way of the same registers and writes. */
  SAME_EFFECT("same effect in every situation tried"),
  /** Where the original stops, the mutant stops too, by another trap, fault or exit. */
  STOPS_OTHERWISE("stops where the original stops, in another way"),
  /** Some calls the original lets pass stop; nothing passes that did not. */
  REFUSES_MORE("lets fewer calls pass"),
  /**
   * What a check turns away goes through a declared VMFUNC instead of into a trap, having passed no
   * gate and written nothing: where that lands is a landing like any other, and what passes a gate
   * from there passes it in a safe state.
   */
  LEAVES_AGAIN("what is turned away leaves by a declared VMFUNC instead"),
  /** The gate is passed on another private stack, or with other flags that do not matter. */
  OTHER_SAFE_ENTRY("passes the gate in another safe state"),
  /** What leaves the view differs, and depends on nothing protected. */
  OTHER_PUBLIC_EXIT("leaves the view with other public values"),

  /**
   * Behind the gate, which is passed as before: other packets are taken, other bytes of windows
   * read and written, another result returned. That is no harm by the theorems' own words. They
   * speak of where protected code reads and writes, of what leaves with it, of how it is entered
   * and left, not of what it is for: that packets arrive in one piece is the destination's wish,
   * which no policy states. What they do speak of is looked at in every call: the gate is passed in
   * the same state, the view left by the same way with every register but the declared results as
   * it was; that accesses stay in approved memory and that nothing leaks is the judge's and the
   * search's to say.
   */
  OTHER_WORK("does other work behind the gate, in the same bounds"),
  /**
   * Some calls that came back stop behind the gate, by a trap, a fault or an exit, and end the
   * guest that made them: what they no longer do harms nobody. Refused accesses are not among
   * these; the rules refute them.
   */
  STOPS_AT_WORK("stops behind the gate where the original came back"),

  /** The mapping grants nothing it did not grant. */
  NARROWS("takes a permission away"),
  /** More is checked than before. */
  CHECKS_MORE("demands verified guest paging where that is not needed"),
  /** A control that is pinned makes the processor ignore the bit. */
  IGNORED_BY_PROCESSOR("has no meaning under the pinned controls"),
  /** The guest's own memory in its own view. */
  GUESTS_OWN("the guest's own memory in its default view"),
  /** Verified code could write the source's own memory, and is proved not to by other means. */
  SOURCES_OWN("lets verified code write the source's own memory"),
  /** Verified code could write its view's own private page, which nothing else can. */
  PRIVATE_OWN("lets verified code write private state of its own view"),
  /** Code of the default view may run it, and nothing is switched to by that. */
  RUNS_IN_DEFAULT_VIEW("executable in the default view, where no protected code follows it");

  private final String text;

  Harmless(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }

  // ---- bytes

  /**
   * The class of a changed byte; empty where the mutant does something that has no name here.
   *
   * @param original the search over the policy before the change
   * @param mutated the search over the mutant
   */
  static Optional<Harmless> of(
      Mutant.OfByte mutant,
      AttackSearch original,
      AttackSearch mutated,
      List<Scenario> situations) {
    if (sameDecoding(mutant)) {
      return Optional.of(SAME_DECODING);
    }
    Differences differences = new Differences();
    boolean executed = false;
    for (Scenario situation : situations) {
      Outcome before = original.run(situation);
      Outcome after = mutated.run(situation);
      executed |= after.executed().contains(codeAddress(mutant));
      differences.add(before, after, mutant.policy());
    }
    return executed ? differences.name() : Optional.of(DEFAULT_VIEW_ONLY);
  }

  /**
   * The class of a changed byte of protected code; empty where the mutant does something that has
   * no name here, or where no call executes the byte.
   *
   * @param original the search over the policy before the change
   * @param mutated the search over the mutant
   * @param calls of which every instruction of the original is executed by some
   */
  static Optional<Harmless> atWork(
      Mutant.OfByte mutant, AttackSearch original, AttackSearch mutated, List<Scenario> calls) {
    if (sameDecoding(mutant)) {
      return Optional.of(SAME_DECODING);
    }
    boolean executed = false;
    boolean stops = false;
    boolean other = false;
    for (Scenario call : calls) {
      Outcome before = original.runWork(call);
      Outcome after = mutated.runWork(call);
      executed |= after.executed().contains(codeAddress(mutant));
      boolean stopped = after.stop().isPresent();
      executed |= stopped && before.stop().isEmpty(); // an undefined one has no length
      if (!before.passed().equals(after.passed())
          || !(stopped || before.switches().equals(after.switches()))
          || !(stopped || alikeBesidesResults(before, after, mutant.policy()))
          || after.stop().filter(Harmless::isNoEnd).isPresent()) {
        return Optional.empty();
      }
      stops |= stopped;
      other |=
          !before.writes().equals(after.writes())
              || !before.registersWhenLeft().equals(after.registersWhenLeft());
    }
    if (!executed) {
      return Optional.empty();
    }
    return Optional.of(stops ? STOPS_AT_WORK : other ? OTHER_WORK : SAME_EFFECT);
  }

  /** A refused access or fetch, or a run that the concrete machine or its budget cuts. */
  private static boolean isNoEnd(Stop stop) {
    return switch (stop) {
      case Stop.EptViolation _,
          Stop.NoTranslation _,
          Stop.ThroughTables _,
          Stop.Reserved _,
          Stop.Unmodelled _,
          Stop.Budget _ ->
          true;
      default -> false;
    };
  }

  private static boolean alikeBesidesResults(Outcome before, Outcome after, Policy policy) {
    Set<String> results =
        policy.gates().stream()
            .flatMap(gate -> gate.results().stream())
            .map(result -> result.name())
            .collect(Collectors.toSet());
    Map<Gpr, Long> one = before.registersWhenLeft().orElse(Map.of());
    Map<Gpr, Long> other = after.registersWhenLeft().orElse(Map.of());
    return Stream.of(Gpr.values())
        .filter(gpr -> !results.contains(gpr.name()))
        .allMatch(gpr -> Objects.equals(one.get(gpr), other.get(gpr)));
  }

  private static long codeAddress(Mutant.OfByte mutant) {
    return mutant.original().views().stream()
        .flatMap(view -> view.mappings().stream())
        .filter(mapping -> mapping.frames().equals(mutant.frames()))
        .mapToLong(mapping -> mapping.la().value() + mutant.offset())
        .findFirst()
        .orElseThrow();
  }

  /** Some instruction that covers the byte, from wherever decoded, means what it meant. */
  private static boolean sameDecoding(Mutant.OfByte mutant) {
    byte[] before = code(mutant.original(), mutant);
    byte[] after = code(mutant.policy(), mutant);
    for (Mode mode : Mode.values()) {
      for (int start = Math.max(0, mutant.offset() - 14); start <= mutant.offset(); start++) {
        if (!Decoder.decode(before, start, before.length, mode)
            .equals(Decoder.decode(after, start, after.length, mode))) {
          return false;
        }
      }
    }
    return true;
  }

  private static byte[] code(Policy policy, Mutant.OfByte mutant) {
    return policy.views().stream()
        .flatMap(view -> view.mappings().stream())
        .filter(mapping -> mapping.frames().equals(mutant.frames()))
        .findFirst()
        .flatMap(Mapping::image)
        .orElseThrow()
        .bytes()
        .toArray();
  }

  /** What differed between original and mutant, over all situations. */
  private static final class Differences {
    private static final Set<Mnemonic> STRINGS =
        EnumSet.of(
            Mnemonic.MOVS,
            Mnemonic.CMPS,
            Mnemonic.STOS,
            Mnemonic.LODS,
            Mnemonic.SCAS,
            Mnemonic.INS,
            Mnemonic.OUTS);

    private boolean stops;
    private boolean refuses;
    private boolean entry;
    private boolean exit;
    private boolean again;
    private boolean unnamed;

    void add(Outcome before, Outcome after, Policy policy) {
      boolean refused = before.passed().isPresent() && after.passed().isEmpty();
      boolean admitted = before.passed().isEmpty() && after.passed().isPresent();
      stops |= !before.stop().map(Stop::toString).equals(after.stop().map(Stop::toString));
      refuses |= refused;
      boolean switched = !before.switches().equals(after.switches());
      boolean admittedBehindIt = admitted && switched && safe(after.passed().get(), policy);
      unnamed |= admitted && !admittedBehindIt || refused && after.stop().isEmpty();
      if (before.passed().isPresent() && after.passed().isPresent()) {
        boolean same = before.passed().equals(after.passed());
        entry |= !same;
        unnamed |= !same && !safe(after.passed().get(), policy);
      }
      if (!refused) {
        exit |= !before.registersWhenLeft().equals(after.registersWhenLeft());
        boolean moved = !before.writes().equals(after.writes());
        entry |= moved && after.passed().isPresent();
        unnamed |= moved && after.passed().isEmpty();
        boolean turnedAway = before.passed().isEmpty() && after.passed().isEmpty();
        again |= switched && (turnedAway || admittedBehindIt);
        unnamed |= switched && !turnedAway && !admittedBehindIt;
      }
    }

    /** Control flags clear, or of no consequence, and a stack of the view's own. */
    private static boolean safe(Outcome.Passed passed, Policy policy) {
      long rsp = passed.registers().get(Gpr.RSP) - 1;
      Vm source =
          policy.vm(policy.view(policy.gates().getFirst().from()).orElseThrow().vm()).orElseThrow();
      return passed.control().entrySet().stream()
              .allMatch(flag -> !flag.getValue() || harmless(flag.getKey(), source, policy))
          && passed.control().containsKey(Flag.DF)
          && policy.views().stream()
              .flatMap(view -> view.mappings().stream())
              .filter(mapping -> mapping.role() == Role.PRIVATE)
              .anyMatch(
                  mapping -> Long.compareUnsigned(rsp - mapping.la().value(), mapping.size()) < 0);
    }

    /**
     * docs/SOUNDNESS.md, S-107: #DB and #AC are the hypervisor's, and nothing reads NT. DF is read
     * by string instructions alone (SDM vol. 1 §3.4.3.2).
     */
    private static boolean harmless(Flag flag, Vm source, Policy policy) {
      return switch (flag) {
        case TF -> source.controls().intercepts(1);
        case AC -> source.controls().intercepts(17);
        case NT -> true;
        case DF -> withoutStrings(policy);
        default -> false;
      };
    }

    /** Whether all protected code, decoded from its beginning, has no string instruction. */
    private static boolean withoutStrings(Policy policy) {
      return policy.views().stream()
          .filter(view -> !view.isDefault())
          .flatMap(view -> view.mappings().stream())
          .filter(mapping -> mapping.role() == Role.CODE)
          .allMatch(mapping -> mapping.image().map(Differences::withoutStrings).orElse(false));
    }

    private static boolean withoutStrings(CodeImage code) {
      byte[] bytes = code.bytes().toArray();
      int at = 0;
      while (at < code.length()) {
        if (!(Decoder.decode(bytes, at, bytes.length, Mode.BITS64) instanceof Instruction next)
            || STRINGS.contains(next.mnemonic())) {
          return false;
        }
        at += next.length();
      }
      return true;
    }

    Optional<Harmless> name() {
      if (unnamed) {
        return Optional.empty();
      }
      return Optional.of(
          refuses
              ? REFUSES_MORE
              : entry
                  ? OTHER_SAFE_ENTRY
                  : again
                      ? LEAVES_AGAIN
                      : exit ? OTHER_PUBLIC_EXIT : stops ? STOPS_OTHERWISE : SAME_EFFECT);
    }
  }

  // ---- leaf bits

  /** The class of a changed leaf; empty where it has no name here. */
  static Optional<Harmless> of(Mutant.OfLeaf mutant) {
    Leaf before = mutant.before().leaf();
    Leaf after = mutant.after();
    Policy policy = mutant.original();
    Vm vm = policy.vm(mutant.view().vm()).orElseThrow();
    if (ignored(before, after, vm, mutant.view())) {
      return Optional.of(IGNORED_BY_PROCESSOR);
    }
    if (mutant.view().isDefault() && mutant.before().role() == Role.RAM) {
      return Optional.of(GUESTS_OWN);
    }
    if (grants(after) != grants(before) && (grants(after) & ~grants(before)) == 0) {
      return Optional.of(NARROWS);
    }
    if (mutant.before().role() == Role.SOURCE_WINDOW
        && (after.bits() & ~before.bits()) == 2
        && sourceOwns(mutant, vm)) {
      return Optional.of(SOURCES_OWN);
    }
    if (mutant.before().role() == Role.PRIVATE && (after.bits() & ~before.bits()) == 2) {
      return Optional.of(PRIVATE_OWN);
    }
    if (onlyExecutable(before, after) && mutant.view().isDefault() && leadsNowhere(mutant)) {
      return Optional.of(RUNS_IN_DEFAULT_VIEW);
    }
    if (after.verifyGuestPaging() && !before.verifyGuestPaging()) {
      return Optional.of(CHECKS_MORE);
    }
    return Optional.empty();
  }

  private static boolean sourceOwns(Mutant.OfLeaf mutant, Vm vm) {
    return mutant.before().frames().owner() instanceof Frames.Owner.Memory memory
        && memory.vm().equals(vm.name());
  }

  private static boolean onlyExecutable(Leaf before, Leaf after) {
    long added = after.bits() & ~before.bits();
    return added == 1L << 2 || added == 1L << 10;
  }

  /**
   * No linear page of it, nor the one behind it, is executable in a protected view, unless it is
   * the gate page itself: a VMFUNC that stood on it would be followed by a fault.
   */
  private static boolean leadsNowhere(Mutant.OfLeaf mutant) {
    long start = mutant.before().la().value();
    long reach = mutant.before().size() + 4096;
    return mutant.before().role() == Role.TRAMPOLINE
        || mutant.original().views().stream()
            .filter(view -> !view.isDefault())
            .flatMap(view -> view.mappings().stream())
            .filter(mapping -> mapping.leaf().execute() || mapping.leaf().userExecute())
            .noneMatch(mapping ->
                Long.compareUnsigned(mapping.la().value() - start, reach) < 0
                    || Long.compareUnsigned(start - mapping.la().value(), mapping.size()) < 0);
  }

  private static final long GRANTS = 1L << 58 | 1L << 60 | 1L << 61 | 1L << 10 | 7;

  private static long grants(Leaf leaf) {
    return leaf.bits() & GRANTS;
  }

  private static boolean ignored(Leaf before, Leaf after, Vm vm, View view) {
    long changed = before.bits() ^ after.bits();
    long ignored = 0;
    ignored |= view.eptp().accessedDirty() ? 0 : 1L << 8 | 1L << 9;
    ignored |= vm.controls().holds(Control.K13) ? 0 : 1L << 10;
    ignored |= vm.controls().holds(Control.K15) ? 0 : 1L << 57 | 1L << 58;
    ignored |= view.eptp().shadowStack() ? 0 : 1L << 60;
    ignored |= vm.controls().holds(Control.K14) ? 1L << 61 : 0;
    ignored |= vm.controls().holds(Control.K12) ? 1L << 63 : 0;
    return (changed & ~ignored) == 0;
  }
}

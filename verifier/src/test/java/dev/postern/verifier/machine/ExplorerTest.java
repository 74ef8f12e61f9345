package dev.postern.verifier.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.verifier.Corpus;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.x86.Assembler;
import dev.postern.x86.Assembly;
import dev.postern.x86.Gpr;
import dev.postern.x86.Mode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small pieces of code in the protected page of a corpus policy, explored from unknown registers.
 */
class ExplorerTest {

  private static final Policy POLICY = Corpus.good();
  private static final long CODE = 0x8000_2000L;
  private static final int PAGE = 4096;

  private final TermAlgebra algebra = new TermAlgebra();
  private final List<Event> events = new ArrayList<>();

  private Explorer explore(String... lines) {
    return explore(new Explorer.Limits(1 << 16, 64), lines);
  }

  private Explorer explore(Explorer.Limits limits, String... lines) {
    byte[] page = new byte[PAGE];
    Arrays.fill(page, (byte) 0xcc);
    List<Assembly.Line> source = new ArrayList<>();
    for (int i = 0; i < lines.length; i++) {
      source.add(new Assembly.Line(i + 1, 1, lines[i]));
    }
    Assembly.Code code = (Assembly.Code) Assembler.assemble(source, Mode.BITS64, CODE);
    System.arraycopy(code.bytes(), 0, page, 0, code.bytes().length);
    View view = POLICY.view("tx").orElseThrow();
    AddressSpace space = new AddressSpace(POLICY, with(view, page), POLICY.vm("fw").orElseThrow());
    Explorer explorer =
        new Explorer(
            algebra,
            new Explorer.Names(),
            space,
            conditions -> conditions.stream().anyMatch(Term::isFalse),
            Set.of(),
            limits,
            event -> {
              events.add(event);
              return Watcher.Next.GO_ON;
            });
    explorer.explore(State.anywhere(algebra, Mode.BITS64, CODE));
    return explorer;
  }

  private static View with(View view, byte[] page) {
    List<Mapping> mappings = new ArrayList<>();
    for (Mapping m : view.mappings()) {
      Optional<CodeImage> image =
          m.role() == Role.CODE
              ? Optional.of(
                  new CodeImage("t", ".text", Bytes.of(page), PAGE, new TreeMap<>(), List.of()))
              : m.image();
      mappings.add(
          new Mapping(
              m.at(),
              m.name(),
              m.role(),
              m.gpa(),
              m.la(),
              m.size(),
              m.pageSize(),
              m.frames(),
              m.leaf(),
              m.perVcpu(),
              image));
    }
    return view.withMappings(mappings);
  }

  private <T extends Event> List<T> all(Class<T> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private State atVmfunc() {
    assertThat(all(Event.Vmfunc.class)).hasSize(1);
    return all(Event.Vmfunc.class).getFirst().state();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 64, 256})
  void pathsThatMeetMergeSoWorkFollowsTheCode(int diamonds) {
    List<String> code = new ArrayList<>();
    for (int i = 0; i < diamonds; i++) {
      code.add("bt rdi, " + i % 64);
      code.add("jnc over" + i);
      code.add("add rax, rbx");
      code.add("over" + i + ":");
    }
    code.add("vmfunc");
    Explorer explorer = explore(code.toArray(String[]::new));
    assertThat(explorer.instructions()).isEqualTo(3 * diamonds + 1);
    assertThat(atVmfunc().condition().conjuncts()).isEmpty();
    assertThat(atVmfunc().instructions()).isEqualTo(3L * diamonds);
  }

  @Test
  void aJoinedRegisterIsAChoice() {
    explore(
        "test rdi, rdi",
        "jz zero",
        "mov eax, 1",
        "jmp out",
        "zero:",
        "mov eax, 2",
        "out:",
        "vmfunc");
    Term rax = atVmfunc().gpr(Gpr.RAX);
    Term zero = algebra.eq(algebra.variable("rdi", 64), algebra.constant(64, 0));
    assertThat(rax).isSameAs(algebra.ite(zero, algebra.constant(64, 2), algebra.constant(64, 1)));
  }

  @Test
  void aCallComesBackToItsCaller() {
    explore("mov esp, 0x80004000", "call f", "vmfunc", "f:", "mov ebx, 7", "ret");
    assertThat(atVmfunc().gpr(Gpr.RBX).isConstant(7)).isTrue();
    assertThat(all(Event.Indirect.class)).isEmpty();
  }

  @Test
  void twoCallersOfOneFunctionAreToldApart() {
    explore(
        "mov esp, 0x80004000",
        "mov ebx, 1",
        "test rdi, rdi",
        "jz second",
        "call f",
        "add ebx, 1",
        "jmp out",
        "second:",
        "call f",
        "add ebx, 4",
        "out:",
        "vmfunc",
        "f:",
        "shl ebx, 1",
        "ret");
    Term zero = algebra.eq(algebra.variable("rdi", 64), algebra.constant(64, 0));
    assertThat(atVmfunc().gpr(Gpr.RBX))
        .isSameAs(algebra.ite(zero, algebra.constant(64, 6), algebra.constant(64, 3)));
  }

  @Test
  void aReturnThroughTheCallersStackIsNotFollowed() {
    explore("ret");
    assertThat(all(Event.Indirect.class)).hasSize(1);
    assertThat(all(Event.Vmfunc.class)).isEmpty();
  }

  @Test
  void everyLoadFromAWindowIsAnotherValue() {
    explore("mov esi, 0x80005000", "mov rax, [rsi]", "mov rbx, [rsi]", "vmfunc");
    assertThat(atVmfunc().gpr(Gpr.RAX)).isNotSameAs(atVmfunc().gpr(Gpr.RBX));
  }

  @Test
  void aStoreThatMayBePrivateForgetsPrivateMemory() {
    explore("mov esp, 0x80004000", "push rbx", "mov [rdi], rcx", "pop rax", "vmfunc");
    assertThat(atVmfunc().gpr(Gpr.RAX)).isNotSameAs(algebra.variable("rbx", 64));
    assertThat(atVmfunc().gpr(Gpr.RAX)).isInstanceOf(Term.Variable.class);
  }

  @Test
  void aJumpTableLeadsToItsEntries() {
    explore(
        "lea rbx, [rip + table]", // 7 bytes
        "and edi, 1", // 3
        "movsxd rax, dword ptr [rbx + rdi * 4]", // 4
        "add rax, rbx", // 3
        "jmp rax", // 2
        "one:",
        "mov ecx, 1", // 5
        "vmfunc", // 3
        "two:",
        "mov ecx, 2", // 5
        "vmfunc", // 3
        "table:",
        ".long 0xfffffff0, 0xfffffff8");
    assertThat(all(Event.Indirect.class)).isEmpty();
    assertThat(all(Event.Vmfunc.class))
        .extracting(exit -> exit.state().gpr(Gpr.RCX).isConstant(1))
        .containsExactlyInAnyOrder(true, false);
    assertThat(all(Event.Predicted.class)).hasSize(1);
  }

  @Test
  void aStoreAtAnIndexLeavesTheRestOfPrivateMemory() {
    explore(
        "mov esp, 0x80004000",
        "push rbx",
        "and edi, 3",
        "mov dword ptr [rsp + rdi * 4 - 16], eax",
        "pop rdx",
        "vmfunc");
    assertThat(atVmfunc().gpr(Gpr.RDX)).isSameAs(algebra.variable("rbx", 64));
  }

  @Test
  void aLoopWithoutABoundIsCut() {
    explore("again:", "dec rdi", "jnz again", "vmfunc");
    assertThat(all(Event.Unmodelled.class)).hasSize(1);
    assertThat(all(Event.Unmodelled.class).getFirst().what()).contains("64 rounds");
  }

  @Test
  void aCountedLoopIsRunToItsEnd() {
    explore("mov ecx, 10", "again:", "add rax, rcx", "dec ecx", "jnz again", "vmfunc");
    assertThat(all(Event.Unmodelled.class)).isEmpty();
    assertThat(atVmfunc().gpr(Gpr.RCX).isConstant(0)).isTrue();
  }

  private static final Explorer.Limits WIDENING = new Explorer.Limits(1 << 16, 64).widening(4);

  @Test
  void anEndlessLoopIsWidenedUntilARoundBringsNothingNew() {
    explore(WIDENING, "again:", "dec rdi", "jnz again", "vmfunc");
    assertThat(all(Event.Unmodelled.class)).isEmpty();
    Event.Vmfunc last = all(Event.Vmfunc.class).getLast();
    assertThat(last.state().gpr(Gpr.RSI)).isEqualTo(algebra.variable("rsi", 64));
    events.clear();
    explore(WIDENING, "again:", "jmp again");
    assertThat(events).isEmpty();
  }

  /** What the loop does with any value at all is seen, not what the first rounds happen to do. */
  @Test
  void aWidenedAddressIsAny() {
    explore(WIDENING, "mov edi, 0x1000", "again:", "mov [rdi], al", "add rdi, 8", "jmp again");
    assertThat(all(Event.Unmodelled.class)).isEmpty();
    assertThat(all(Event.Faults.class)).isNotEmpty();
    events.clear();
    explore(WIDENING, "mov edi, 0x80003800", "again:", "mov [rdi], al", "add rdi, 8", "jmp again");
    assertThat(all(Event.Access.class).getLast().address()).isInstanceOf(Term.Variable.class);
  }

  @Test
  void aWidenedValueStillHasItsPartOfProtectedMemory() {
    Explorer explorer =
        explore(
            WIDENING,
            "mov ecx, 0x80003800",
            "mov rax, [rcx]",
            "again:",
            "add rbx, rax",
            "add rsi, rdx",
            "dec rdi",
            "jnz again",
            "vmfunc");
    State left = all(Event.Vmfunc.class).getLast().state();
    assertThat(explorer.isProtected(left.gpr(Gpr.RBX))).isTrue();
    assertThat(explorer.isProtected(left.gpr(Gpr.RSI))).isFalse();
  }

  /** Which way was taken tells of what was loaded, so the loop is not cut short. */
  @Test
  void aConditionOnProtectedMemoryIsNotDropped() {
    explore(WIDENING, "again:", "mov rax, [rsi]", "test rax, rax", "jnz again", "vmfunc");
    assertThat(all(Event.Unmodelled.class)).isNotEmpty();
    assertThat(all(Event.Unmodelled.class).getFirst().what()).contains("64 rounds");
  }

  @Test
  void whatIsNotModelledEndsThePath() {
    explore("wrmsr", "vmfunc");
    assertThat(all(Event.Unmodelled.class)).hasSize(1);
    assertThat(all(Event.Vmfunc.class)).isEmpty();
  }

  /** Only a watcher that asks for no exact values may go on. */
  @Test
  void whatIsApproximatedIsTold() {
    explore("rdtsc", "vmfunc");
    assertThat(all(Event.Approximated.class)).hasSize(1);
    assertThat(atVmfunc().gpr(Gpr.RBX)).isEqualTo(algebra.variable("rbx", 64));
    assertThat(atVmfunc().gpr(Gpr.RAX)).isNotEqualTo(algebra.variable("rax", 64));
  }

  @Test
  void anAccessToNothingEndsThePath() {
    explore("mov esi, 0x40000000", "mov rax, [rsi]", "vmfunc");
    assertThat(all(Event.Faults.class)).hasSize(1);
    assertThat(all(Event.Vmfunc.class)).isEmpty();
  }
}

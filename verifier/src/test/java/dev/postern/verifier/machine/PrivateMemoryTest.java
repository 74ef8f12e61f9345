package dev.postern.verifier.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import org.junit.jupiter.api.Test;

class PrivateMemoryTest {

  private final TermAlgebra algebra = new TermAlgebra();
  private final PrivateMemory memory = new PrivateMemory();

  @Test
  void aSpillComesBackAsTheTermThatWasSpilled() {
    Term value = algebra.variable("value", 64);
    memory.store(algebra, 0x1000, value);
    assertThat(memory.load(algebra, 0x1000, 8)).isSameAs(value);
    assertThat(memory.load(algebra, 0x1004, 2)).isSameAs(algebra.extract(value, 47, 32));
  }

  @Test
  void aNarrowStoreLeavesTheRest() {
    Term wide = algebra.variable("wide", 64);
    memory.store(algebra, 0x1000, wide);
    memory.store(algebra, 0x1002, algebra.constant(8, 0x5a));
    assertThat(memory.load(algebra, 0x1002, 1)).isSameAs(algebra.constant(8, 0x5a));
    assertThat(memory.load(algebra, 0x1000, 2)).isSameAs(algebra.extract(wide, 15, 0));
    assertThat(memory.load(algebra, 0x1003, 1)).isSameAs(algebra.extract(wide, 31, 24));
  }

  @Test
  void whatWasNeverWrittenIsOneUnknown() {
    Term first = memory.load(algebra, 0x2000, 8);
    assertThat(first).isInstanceOf(Term.Variable.class);
    assertThat(memory.load(algebra, 0x2000, 8)).isSameAs(first);
    assertThat(memory.copy().load(algebra, 0x2000, 8)).isSameAs(first);
  }

  @Test
  void whatIsForgottenIsAnotherUnknown() {
    Term before = memory.load(algebra, 0x2000, 8);
    memory.forget(7);
    assertThat(memory.load(algebra, 0x2000, 8)).isNotSameAs(before);
  }

  @Test
  void joinedPathsChooseByTheGuard() {
    Term guard = algebra.variable("guard", 1);
    Term one = algebra.variable("one", 32);
    PrivateMemory other = memory.copy();
    memory.store(algebra, 0x3000, one);
    other.store(algebra, 0x3004, algebra.constant(32, 9));
    PrivateMemory joined = PrivateMemory.join(algebra, guard, memory, other, () -> 99);
    Term untouched = new PrivateMemory().load(algebra, 0x3000, 4);
    assertThat(joined.load(algebra, 0x3000, 4)).isSameAs(algebra.ite(guard, one, untouched));
    Term untouchedToo = new PrivateMemory().load(algebra, 0x3004, 4);
    assertThat(joined.load(algebra, 0x3004, 4))
        .isSameAs(algebra.ite(guard, untouchedToo, algebra.constant(32, 9)));
  }

  @Test
  void whatOnePathForgotIsUnknownAfterTheJoin() {
    memory.store(algebra, 0x3000, algebra.constant(32, 1));
    PrivateMemory other = memory.copy();
    other.forget(5);
    PrivateMemory joined =
        PrivateMemory.join(algebra, algebra.variable("guard", 1), memory, other, () -> 6);
    assertThat(joined.load(algebra, 0x3000, 4)).isInstanceOf(Term.Variable.class);
  }
}

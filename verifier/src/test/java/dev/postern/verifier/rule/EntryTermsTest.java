package dev.postern.verifier.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Cpu;
import dev.postern.model.PageSize;
import dev.postern.verifier.frame.Entries;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Prover;
import dev.postern.verifier.smt.Query;
import dev.postern.verifier.smt.Term;
import dev.postern.verifier.smt.TermAlgebra;
import dev.postern.verifier.smt.z3.Z3Limits;
import dev.postern.verifier.smt.z3.Z3Solver;
import dev.postern.x86.Bits;
import dev.postern.x86.ConcreteAlgebra;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The fragments of the security model, section 4, and code against formula. */
class EntryTermsTest {

  private final TermAlgebra terms = new TermAlgebra();
  private final EntryTerms<Term> entries = new EntryTerms<>(terms, cpu(46, true, true, false, 0));

  private Answer solve(String title, Term... asserted) {
    try (Prover prover = new Prover(() -> new Z3Solver(Z3Limits.DEFAULT))) {
      return prover.solve(Query.of(title, asserted));
    }
  }

  @Test
  void emptySlotsAreInvalid() {
    assertThat(solve("0", entries.validPointer(terms.constant(64, 0))))
        .isEqualTo(new Answer.Unsat());
    assertThat(solve("~0", entries.validPointer(terms.constant(64, -1))))
        .isEqualTo(new Answer.Unsat());
  }

  @Test
  void validityAloneAllowsTwoPointersToOneRoot() {
    Term a = terms.variable("a", 64);
    Term b = terms.variable("b", 64);
    assertThat(
            solve(
                "aliased roots",
                entries.validPointer(a),
                entries.validPointer(b),
                terms.eq(terms.extract(a, 51, 12), terms.extract(b, 51, 12)),
                terms.not(terms.eq(terms.extract(a, 6, 6), terms.extract(b, 6, 6)))))
        .isInstanceOf(Answer.Sat.class);
  }

  @Test
  void writeAndExecuteWithoutReadIsAlwaysAMisconfiguration() {
    Term x = terms.variable("x", 64);
    for (PageSize size : PageSize.values()) {
      assertThat(
              solve(
                  "110b",
                  terms.eq(terms.extract(x, 2, 0), terms.constant(3, 6)),
                  terms.not(entries.misconfigured(x, size))))
          .isEqualTo(new Answer.Unsat());
    }
  }

  @Test
  void noTrampolineLeafWithinThePhysicalWidthIsMisconfigured() {
    Term frame = terms.variable("frame", 64);
    long leaf = Entries.leaf(PolicyBuilder.leaf("r-x"), PageSize.SMALL, 0);
    Term within =
        terms.and(
            terms.eq(terms.extract(frame, 63, 46), terms.constant(18, 0)),
            terms.eq(terms.extract(frame, 11, 0), terms.constant(12, 0)));
    Term entry = terms.or(frame, terms.constant(64, leaf));
    assertThat(solve("P1", within, entries.misconfigured(entry, PageSize.SMALL)))
        .isEqualTo(new Answer.Unsat());
    assertThat(solve("P1, satisfiable", within)).isInstanceOf(Answer.Sat.class);
  }

  @Test
  void codeAgreesWithFormula() {
    Random random = new Random(29);
    int misconfigured = 0;
    int valid = 0;
    for (int round = 0; round < 60_000; round++) {
      Cpu cpu =
          cpu(
              32 + random.nextInt(21),
              random.nextBoolean(),
              random.nextBoolean(),
              random.nextBoolean(),
              random.nextInt(8));
      // Sparse and dense in turn, so that reserved bits are clear often enough.
      long bits = random.nextLong() & random.nextLong() & random.nextLong();
      bits = round % 2 == 0 ? bits & 0x0000_0000_ffff_ffffL | 0x1eL : bits;
      Entries code = new Entries(cpu);
      EntryTerms<Bits> formula = new EntryTerms<>(ConcreteAlgebra.INSTANCE, cpu);
      boolean pointer = code.invalidPointer(bits).isEmpty();
      assertThat(pointer)
          .as("EPTP 0x%x on %s", bits, cpu)
          .isEqualTo(formula.validPointer(Bits.of(64, bits)).isTrue());
      PageSize size = PageSize.values()[random.nextInt(3)];
      boolean wrong = code.misconfiguration(bits, size).isPresent();
      assertThat(wrong)
          .as("%s entry 0x%x on %s", size, bits, cpu)
          .isEqualTo(formula.misconfigured(Bits.of(64, bits), size).isTrue());
      valid += pointer ? 1 : 0;
      misconfigured += wrong ? 1 : 0;
    }
    assertThat(valid).isBetween(100, 59_900);
    assertThat(misconfigured).isBetween(100, 59_900);
  }

  private static Cpu cpu(
      int width, boolean executeOnly, boolean accessedDirty, boolean mbecAbsent, int more) {
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(Cpu.Feature.class);
    if (mbecAbsent) {
      features.put(Cpu.Feature.MBEC, false);
    }
    Set<PageSize> pages = EnumSet.noneOf(PageSize.class);
    if ((more & 1) != 0) {
      pages.add(PageSize.LARGE);
    }
    if ((more & 2) != 0) {
      pages.add(PageSize.HUGE);
    }
    return new Cpu(
        PolicyBuilder.AT,
        width,
        executeOnly,
        pages,
        (more & 4) != 0,
        accessedDirty,
        (more & 1) != 0,
        features,
        Cpu.L1tf.NOT_AFFECTED);
  }
}

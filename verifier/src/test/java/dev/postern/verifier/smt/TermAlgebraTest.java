package dev.postern.verifier.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.x86.Bits;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TermAlgebraTest {

  private final TermAlgebra t = new TermAlgebra();
  private final Term x = t.variable("x", 64);
  private final Term y = t.variable("y", 64);
  private final Term b = t.variable("b", 8);
  private final Term p = t.variable("p", 1);
  private final Term q = t.variable("q", 1);

  private Term c(long value) {
    return t.constant(64, value);
  }

  /** The rewriter changes shapes, never values; and facts admit every value that occurs. */
  @Property(tries = 6000)
  void simplificationKeepsEveryValue(@ForAll long seed) {
    Random random = new Random(seed);
    RandomTerms terms = new RandomTerms(random, new TermStore(), RandomTerms.WIDTHS);
    terms.next(12);
    TermAlgebra algebra = new TermAlgebra();
    Interpretation<Term> simplified = Terms.substitution(Map.of(), algebra);
    for (int round = 0; round < 12; round++) {
      Map<Term.Variable, Bits> values = terms.assignment();
      Map<Term.Variable, Bits> same = new HashMap<>();
      values.forEach((v, value) -> same.put(algebra.variable(v.name(), v.width()), value));
      Interpretation<Bits> asked = Terms.evaluation(values);
      Interpretation<Bits> built = Terms.evaluation(same);
      for (Term term : terms.all()) {
        Bits value = asked.of(term);
        Term simple = simplified.of(term);
        assertThat(simple.width()).isEqualTo(term.width());
        assertThat(built.of(simple))
            .as("%s%nsimplified %s%nunder %s", term, simple, values)
            .isEqualTo(value);
        assertThat(admits(term.facts(), value))
            .as("%s: %s of %s", value, term.facts(), term)
            .isTrue();
        assertThat(admits(simple.facts(), value))
            .as("%s: %s of %s", value, simple.facts(), simple)
            .isTrue();
      }
    }
  }

  private static boolean admits(Facts facts, Bits value) {
    return !facts.recorded()
        || ((facts.zeros() & value.low()) == 0
            && (facts.ones() & ~value.low()) == 0
            && Long.compareUnsigned(facts.min(), value.low()) <= 0
            && Long.compareUnsigned(value.low(), facts.max()) <= 0);
  }

  @Test
  void sumsKeepOneConstant() {
    Term rsp = t.sub(t.sub(x, c(8)), c(8));
    assertThat(t.add(rsp, c(16))).isSameAs(x);
    assertThat(t.add(t.add(rsp, y), c(20))).isSameAs(t.add(t.add(y, x), c(4)));
    assertThat(t.sub(t.add(x, c(24)), t.add(x, c(8)))).isSameAs(c(16));
    assertThat(t.eq(t.add(x, c(24)), t.add(x, c(8)))).isSameAs(t.constant(false));
    assertThat(t.eq(t.sub(x, y), c(0))).isSameAs(t.eq(y, x));
  }

  @Test
  void aValueStoredByBytesAndLoadedWholeIsItself() {
    Term loaded = t.extract(x, 7, 0);
    for (int i = 1; i < 8; i++) {
      loaded = t.concat(t.extract(x, 8 * i + 7, 8 * i), loaded);
    }
    assertThat(loaded).isSameAs(x);
    Term fromTop = t.extract(x, 63, 56);
    for (int i = 6; i >= 0; i--) {
      fromTop = t.concat(fromTop, t.extract(x, 8 * i + 7, 8 * i));
    }
    assertThat(fromTop).isSameAs(x);
  }

  @Test
  void partialWritesAndMasksMeet() {
    Term al = t.concat(t.extract(x, 63, 8), b);
    Term masked = t.or(t.and(x, c(~0xffL)), t.zeroExtend(b, 64));
    assertThat(masked).isSameAs(al);
    assertThat(t.extract(al, 7, 0)).isSameAs(b);
    assertThat(t.and(al, c(0xff))).isSameAs(t.zeroExtend(b, 64));
    assertThat(t.lshr(t.shl(x, c(32)), c(32))).isSameAs(t.zeroExtend(t.extract(x, 31, 0), 64));
  }

  @Test
  void choicesOfConstantsAreDecided() {
    Term choice = t.ite(p, c(5), c(7));
    assertThat(t.eq(choice, c(5))).isSameAs(p);
    assertThat(t.eq(choice, c(7))).isSameAs(t.not(p));
    assertThat(t.eq(choice, c(6))).isSameAs(t.constant(false));
    assertThat(t.ult(choice, c(8))).isSameAs(t.constant(true));
    Term chain = t.ite(p, c(1), t.ite(q, c(2), x));
    assertThat(t.eq(chain, c(1))).isSameAs(t.or(p, t.and(t.not(q), t.eq(x, c(1)))));
    assertThat(t.ite(t.not(p), x, y)).isSameAs(t.ite(p, y, x));
  }

  @Test
  void factsDecideComparisons() {
    Term index = t.zeroExtend(b, 64);
    assertThat(t.ult(index, c(256))).isSameAs(t.constant(true));
    Term address = t.add(t.mul(index, c(16)), c(0x7000));
    assertThat(t.ult(address, c(0x8000))).isSameAs(t.constant(true));
    assertThat(t.ult(address, c(0x7000))).isSameAs(t.constant(false));
    assertThat(t.extract(address, 3, 0)).isSameAs(t.constant(4, 0));
    assertThat(t.eq(t.or(x, c(1)), c(4))).isSameAs(t.constant(false));
    assertThat(t.slt(index, c(-1))).isSameAs(t.constant(false));
  }

  @Test
  void whatIsBuiltDoesNotDependOnTheStoresHistory() {
    TermAlgebra other = new TermAlgebra();
    Term y2 = other.variable("y", 64);
    Term x2 = other.variable("x", 64);
    other.mul(y2, x2);
    Term first = t.eq(t.and(t.add(x, y), x), t.or(y, x));
    Term second = other.eq(other.and(other.add(x2, y2), x2), other.or(y2, x2));
    assertThat(second.toString()).isEqualTo(first.toString());
    assertThat(second.structuralHash()).isEqualTo(first.structuralHash());
  }

  @Test
  void deepTermsAreWalkedWithoutRecursion() {
    Term deep = x;
    for (int i = 0; i < 200_000; i++) {
      deep = t.xor(t.mul(deep, y), t.add(deep, x));
    }
    Map<Term.Variable, Bits> ones =
        Map.of((Term.Variable) x, Bits.of(64, 1), (Term.Variable) y, Bits.of(64, 1));
    long expected = 1;
    for (int i = 0; i < 200_000; i++) {
      expected = expected ^ (expected + 1);
    }
    assertThat(Terms.evaluate(deep, ones)).isEqualTo(Bits.of(64, expected));
    assertThat(Terms.variables(List.of(deep)))
        .containsExactlyInAnyOrder((Term.Variable) x, (Term.Variable) y);
    Term folded =
        Terms.substitute(deep, Map.of((Term.Variable) x, c(1), (Term.Variable) y, c(1)), t);
    assertThat(folded).isSameAs(c(expected));
    Term choices = x;
    for (int i = 0; i < 100_000; i++) {
      choices = t.ite(t.variable("p" + i, 1), c(i), choices);
    }
    assertThat(t.eq(choices, c(-1)).width()).isEqualTo(1);
    assertThat(t.extract(choices, 3, 0).width()).isEqualTo(4);
  }

  @Test
  void refusesWhatTheLanguageLacks() {
    assertThatThrownBy(() -> t.add(x, b)).hasMessage("bvadd of 64 and 8 bits");
    assertThatThrownBy(() -> t.extract(b, 8, 0)).hasMessage("bits 8..0 of a 8-bit term");
    assertThatThrownBy(() -> t.concat(t.concat(x, y), b))
        .hasMessage("bit-vector width 136 outside 1..128");
    assertThatThrownBy(() -> t.variable("x", 32)).hasMessage("variable x has 64 bits, not 32");
    assertThatThrownBy(() -> t.variable("a|b", 32)).hasMessage("not a name for a variable: a|b");
    assertThatThrownBy(() -> t.and(x, new TermAlgebra().variable("x", 64)))
        .hasMessageContaining("a term of another store");
  }
}

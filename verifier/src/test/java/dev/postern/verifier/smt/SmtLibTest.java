package dev.postern.verifier.smt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SmtLibTest {

  private final TermStore s = new TermStore();

  @Test
  void printsDeclarationsSharedPartsAndBothSortsOfOneBit() {
    Term rsp = s.variable("rsp", 64);
    Term zf = s.variable("zf", 1);
    Term top = s.add(rsp, s.constant(64, 16));
    Term inside = s.ult(top, s.constant(64, 0x8000));
    Term odd = s.extract(top, 0, 0);
    Query query =
        Query.of(
            "landing-safe g0\nsecond line",
            s.and(inside, s.not(odd)),
            s.eq(s.zeroExtend(inside, 3), s.concat(s.constant(2, 0), zf)));
    assertThat(SmtLib.script(query))
        .isEqualTo(
            """
            ; landing-safe g0
            ; second line
            (set-logic QF_BV)
            (declare-const |rsp| (_ BitVec 64))
            (declare-const |zf| (_ BitVec 1))
            (define-fun ?0 () (_ BitVec 64) (bvadd |rsp| #x0000000000000010))
            (define-fun ?1 () Bool (bvult ?0 #x0000000000008000))
            (assert (and ?1 (not (= ((_ extract 0 0) ?0) #b1))))
            (assert (= ((_ zero_extend 2) (ite ?1 #b1 #b0)) (concat #b00 |zf|)))
            (check-sat)
            """);
  }

  @Test
  void bytesDoNotDependOnTheStoresHistory() {
    TermStore used = new TermStore();
    used.mul(used.variable("b", 8), used.variable("a", 8));
    assertThat(SmtLib.script(small(used))).isEqualTo(SmtLib.script(small(new TermStore())));
  }

  private static Query small(TermStore store) {
    TermAlgebra t = new TermAlgebra(store);
    Term a = t.variable("a", 8);
    Term b = t.variable("b", 8);
    return Query.of("q", t.ult(t.mul(a, b), t.add(b, a)));
  }

  @Test
  void deepTermsArePrintedInShallowPieces() {
    Term x = s.variable("x", 8);
    Term deep = x;
    for (int i = 0; i < 100_000; i++) {
      deep = s.not(s.neg(deep));
    }
    String script = SmtLib.script(Query.of("deep", s.eq(deep, x)));
    List<Integer> depths = script.lines().map(SmtLibTest::nesting).toList();
    assertThat(depths).allMatch(depth -> depth < 50);
    assertThat(script.lines().filter(line -> line.startsWith("(define-fun ")).count())
        .isEqualTo(5000);
  }

  private static int nesting(String line) {
    int depth = 0;
    int deepest = 0;
    for (int i = 0; i < line.length(); i++) {
      depth += line.charAt(i) == '(' ? 1 : line.charAt(i) == ')' ? -1 : 0;
      deepest = Math.max(deepest, depth);
    }
    return deepest;
  }
}

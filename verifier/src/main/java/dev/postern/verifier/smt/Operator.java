package dev.postern.verifier.smt;

/** The operations of {@link dev.postern.x86.Algebra}, with their names in SMT-LIB's QF_BV. */
public enum Operator {
  NOT("bvnot", 1),
  NEG("bvneg", 1),
  AND("bvand", 2),
  OR("bvor", 2),
  XOR("bvxor", 2),
  ADD("bvadd", 2),
  SUB("bvsub", 2),
  MUL("bvmul", 2),
  UDIV("bvudiv", 2),
  UREM("bvurem", 2),
  SHL("bvshl", 2),
  LSHR("bvlshr", 2),
  ASHR("bvashr", 2),
  EQ("=", 2),
  ULT("bvult", 2),
  SLT("bvslt", 2),
  ITE("ite", 3),
  EXTRACT("extract", 1),
  CONCAT("concat", 2),
  ZERO_EXTEND("zero_extend", 1),
  SIGN_EXTEND("sign_extend", 1);

  private final String smtLib;
  private final int arity;

  Operator(String smtLib, int arity) {
    this.smtLib = smtLib;
    this.arity = arity;
  }

  /** The operator's symbol; indexed ones without their indices. */
  public String smtLib() {
    return smtLib;
  }

  public int arity() {
    return arity;
  }

  /** Whether SMT-LIB gives the result the sort Bool; here it is one bit. */
  public boolean isComparison() {
    return this == EQ || this == ULT || this == SLT;
  }

  /** Whether the operands may change places. */
  public boolean isCommutative() {
    return switch (this) {
      case AND, OR, XOR, ADD, MUL, EQ -> true;
      case NOT,
          NEG,
          SUB,
          UDIV,
          UREM,
          SHL,
          LSHR,
          ASHR,
          ULT,
          SLT,
          ITE,
          EXTRACT,
          CONCAT,
          ZERO_EXTEND,
          SIGN_EXTEND ->
          false;
    };
  }
}

package dev.postern.checker;

/** Thrown where obligation or evidence breaks a rule; {@link Checker} turns it into the answer. */
final class Refused extends Exception {

  private static final long serialVersionUID = 1;

  Refused(String reason) {
    super(reason);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}

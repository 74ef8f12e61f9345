package dev.postern.signer.check;

/**
 * One reason with its particulars.
 *
 * @param detail one sentence, lower case
 */
public record Refusal(Reason reason, String detail) {

  @Override
  public String toString() {
    return detail + " [" + reason.code() + "]";
  }
}

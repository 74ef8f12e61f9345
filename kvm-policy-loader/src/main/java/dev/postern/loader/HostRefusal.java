package dev.postern.loader;

/**
 * One reason with its particulars.
 *
 * @param detail one sentence, lower case
 */
public record HostRefusal(HostReason reason, String detail) {

  @Override
  public String toString() {
    return detail + " [" + reason.code() + "]";
  }
}

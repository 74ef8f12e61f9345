package dev.postern.model;

/** A rule the policy's author waives, with the written reason that every report shows. */
public record Waiver(Location at, String rule, String reason) {
  public Waiver {
    if (reason.isBlank()) {
      throw new IllegalArgumentException("a waiver needs a reason");
    }
  }
}

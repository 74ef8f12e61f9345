package dev.postern.loader.install;

/** What a backend finds at a place. */
public enum Presence {
  /** Exactly what was put there. */
  PRESENT,
  /** Nothing. */
  ABSENT,
  /** Something else. */
  OTHER
}

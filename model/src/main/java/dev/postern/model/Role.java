package dev.postern.model;

/** What a mapping is for; the letters are those of the security model. */
public enum Role {
  /** The source guest's own memory, in its default view. */
  RAM,
  /** T: signed gate code, executable in the default view too. */
  TRAMPOLINE,
  /** Cd: protected code. */
  CODE,
  /** Read-only protected data that ships with the code: constants, jump tables. */
  CONSTANT,
  /** S: private stack and state, one set of frames a vCPU. */
  PRIVATE,
  /** Q: the source's memory, seen from a protected view. */
  SOURCE_WINDOW,
  /** A: a destination's memory, within the approved set. */
  DESTINATION_WINDOW,
  /** H: locked paging structures. */
  PAGING
}

package dev.postern.dsl;

/**
 * Limits on what strangers' text and objects may cost. Each is named in the error that meets it;
 * none is near what a policy written by people needs.
 */
public final class Limits {

  /** One policy file. A view of ten thousand ranges is under a megabyte of text. */
  public static final int FILE_BYTES = 4 << 20;

  /** Tokens of one file: bounds the parse tree at some hundred megabytes. */
  public static final int TOKENS = 500_000;

  /** Brackets within brackets: the parser recurses once a level. Policies need four. */
  public static final int NESTING = 32;

  /** Files of one policy: a platform file, a file a tenant; not a directory tree. */
  public static final int INCLUDES = 64;

  /** Constants that refer to constants: the evaluator recurses once a step. */
  public static final int CONSTANT_DEPTH = 64;

  /** Bits of an intermediate value: 64-bit addresses may be multiplied once before they shrink. */
  public static final int VALUE_BITS = 128;

  /** Regions, approvals, aliases, mappings, slots and gates of one policy, together. */
  public static final int ENTRIES = 100_000;

  /** One object file: sections are a few pages, debug information a few megabytes. */
  public static final int OBJECT_BYTES = 16 << 20;

  /** Section headers of one object. -ffunction-sections gives one a function. */
  public static final int OBJECT_SECTIONS = 4096;

  /** Symbols of one object. */
  public static final int OBJECT_SYMBOLS = 65_536;

  /** Bytes of one name in an object: a C++ name may be long, not this long. */
  public static final int OBJECT_NAME = 4096;

  /** Rows of an object's line table: a row an instruction of all code it may hold. */
  public static final int OBJECT_LINES = 1 << 20;

  /** Code of one mapping: a gate is a page, protected code some dozens. */
  public static final int CODE_BYTES = 1 << 20;

  /** Code of all mappings of a policy, counting 64 bytes a symbol. */
  public static final int CODE_TOTAL = 64 << 20;

  /** All files a policy reads, together. */
  public static final int TOTAL_BYTES = 256 << 20;

  private Limits() {}
}

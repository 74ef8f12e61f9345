package dev.postern.dsl.diagnostic;

import java.util.Locale;

/**
 * Every kind of mistake, by a stable id. Each has a policy under {@code
 * src/test/resources/diagnostics} that makes it, with the exact message and position.
 */
public enum Code {
  // files and text
  FILE_MISSING("a file that is named is not there"),
  FILE_UNREADABLE("a file is there and cannot be read as one"),
  FILE_TOO_LARGE("a file is over its limit"),
  PATH_ABSOLUTE("an included or code file is named by an absolute path"),
  NOT_UTF8("policy text is UTF-8 without a byte-order mark"),
  TOO_MANY_TOKENS("a policy file has more words than the limit"),
  NESTING_TOO_DEEP("brackets nest deeper than the limit"),
  TOO_MANY_INCLUDES("more files are included than the limit"),
  TOO_MANY_ERRORS("errors beyond the limit are counted, not shown"),
  INCLUDE_CYCLE("a file includes itself, directly or by way of others"),
  STRAY_CHARACTER("a character that means nothing in a policy"),
  UNCLOSED("a string, comment or asm block has no end"),
  BAD_NUMBER("a number has digits or a unit that do not exist"),
  BAD_STRING("a string has an escape that does not exist"),
  SYNTAX("the text is not a policy at this place"),

  // names and values
  HEADER_MISSING("a policy starts with its name and version"),
  HEADER_MISPLACED("an included file has no header of its own"),
  DUPLICATE_NAME("two things have one name"),
  DUPLICATE_CLAUSE("something is said twice"),
  MISSING_CLAUSE("something needed is not said"),
  CLAUSE_NOT_ALLOWED("something is said where it has no meaning"),
  UNKNOWN_NAME("a name nothing has"),
  UNKNOWN_WORD("a word that is not one of those possible here"),
  UNKNOWN_RULE("a waiver names a rule that is not in the catalogue"),
  EMPTY_REASON("a reason has to be written out"),
  CONSTANT_CYCLE("a constant is defined by itself, or through too many others"),
  DIVISION("a division by zero, or one with a remainder"),
  OUT_OF_RANGE("a value does not fit where it stands"),
  TOO_MANY_ENTRIES("more memory regions, mappings or other entries than the limit"),

  // machines and views
  MISALIGNED("an address or size is not a multiple of its page size"),
  OUTSIDE("a range reaches past what it is a part of"),
  OVERLAP("two ranges that must be apart overlap"),
  DUPLICATE_INDEX("two views or slots have one EPTP-list index"),
  DEFAULT_VIEW_MISSING("a source with protected views has no view at index 0"),
  NOT_A_SOURCE("a VM is used as the source of calls and is not declared one"),
  NOT_A_DESTINATION("a VM approves memory and is not declared a destination"),
  WRONG_VIEW("a gate leads from a default view to a protected view of the same VM"),
  FRAMES_CYCLE("a mapping takes its frames from itself, directly or by way of others"),

  // code
  BAD_HEX("bytes are pairs of hexadecimal digits"),
  CODE_EMPTY("a section without bytes cannot be mapped"),
  CODE_TOO_LARGE("code is larger than the limit, or than the size given"),
  CODE_DIFFERS("one page of one frame would need two contents"),
  SECTION_MISSING("a code unit has no such section"),
  SYMBOL_MISSING("a code unit has no such symbol, or several"),
  SYMBOL_NOT_PLACED("a symbol's section is not mapped in this view"),
  ELF_MALFORMED("an object's headers or tables contradict its bytes"),
  ELF_UNSUPPORTED("an object for another machine, or of another kind"),
  RELOCATION_UNSUPPORTED("a relocation whose meaning is not implemented"),
  RELOCATION_OVERFLOW("a relocation's value does not fit its field"),
  LINKED_ELSEWHERE("linked code is placed where it was not linked for"),
  ASSEMBLY("assembler text that cannot be assembled");

  private final String summary;

  Code(String summary) {
    this.summary = summary;
  }

  /** The stable id: {@code file-missing}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What kind of mistake it is. */
  public String summary() {
    return summary;
  }
}

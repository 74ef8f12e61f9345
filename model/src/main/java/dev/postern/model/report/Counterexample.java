package dev.postern.model.report;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A concrete attack, self-contained but for the policy: where execution starts, with what, and what
 * happens. {@code postern replay} runs it again from {@code start} and compares.
 *
 * @param kind what is shown
 * @param attack the attack in words: one or two sentences, lower case
 * @param start registers by name ("rax" … "r15", "rip", "rflags", "cs", "mode", "view"), in hex;
 *     registers that are not named are zero
 * @param paging linear pages the attacker's page tables map, a view each
 * @param memory content of memory before the first step
 * @param fetches what loads from windows return, in the order they are made: guest and destination
 *     write windows at any time, so the same address may answer differently each time
 * @param trace what the concrete machine executed, the violation last
 */
public record Counterexample(
    Kind kind,
    String attack,
    Map<String, String> start,
    List<PageEntry> paging,
    List<Content> memory,
    List<Content> fetches,
    List<Step> trace) {

  /** How a counterexample is replayed. */
  public enum Kind {
    /** Execution from {@code start} on the concrete machine. */
    EXECUTION,
    /** One access through the view's EPT: start holds view, gpa and access (r, w or x). */
    ACCESS,
    /** A fact of the policy's own words: start holds what it says. */
    STATEMENT
  }

  /** In {@code view}, linear page {@code la} translates to guest-physical page {@code gpa}. */
  public record PageEntry(int view, String la, String gpa) {}

  /** Bytes in hex at a guest-physical address as {@code view} maps it. */
  public record Content(int view, String gpa, String bytes) {}

  /**
   * One executed instruction or access.
   *
   * @param view EPTP-list index before it
   * @param gpa guest-physical address of the instruction, in hex
   * @param bytes its bytes in hex, as far as decoded
   * @param text disassembly
   * @param effect what it did that matters here; empty where nothing
   */
  public record Step(int view, String la, String gpa, String bytes, String text, String effect) {}

  public Counterexample {
    start = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(start));
    paging = List.copyOf(paging);
    memory = List.copyOf(memory);
    fetches = List.copyOf(fetches);
    trace = List.copyOf(trace);
  }

  /** The same, with {@code steps} as its trace. */
  public Counterexample withTrace(List<Step> steps) {
    return new Counterexample(kind, attack, start, paging, memory, fetches, steps);
  }

  /** The same, saying what a replay must show. */
  public Counterexample showing(String what) {
    Map<String, String> more = new TreeMap<>(start);
    more.put("shows", what);
    return new Counterexample(kind, attack, more, paging, memory, fetches, trace);
  }
}

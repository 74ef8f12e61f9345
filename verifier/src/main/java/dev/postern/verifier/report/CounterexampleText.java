package dev.postern.verifier.report;

import dev.postern.model.report.Counterexample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A counterexample for a person: the attack, what it starts from, what is executed. */
public final class CounterexampleText {

  /** Registers a reader wants to see first; the others follow by name. */
  private static final List<String> REGISTER_ORDER =
      List.of(
          "view", "mode", "cs", "rip", "rflags", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",
          "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");

  private CounterexampleText() {}

  /** The text, indented by two. */
  public static String of(Counterexample shown, Presentation presentation) {
    Page page = new Page(presentation);
    write(shown, page);
    return page.toString();
  }

  static void write(Counterexample shown, Page page) {
    page.labelled("attack", shown.attack());
    if (!shown.start().isEmpty()) {
      String rest =
          switch (shown.kind()) {
            case EXECUTION -> " (other registers are zero)";
            case ACCESS, STATEMENT -> "";
          };
      page.labelled("start", String.join(" ", registers(shown.start())) + rest);
    }
    for (Counterexample.PageEntry entry : shown.paging()) {
      page.labelled("page", entry.la() + " is gpa " + entry.gpa() + " in view " + entry.view());
    }
    contents("memory holds", shown.memory(), page);
    contents("loads from windows return, in turn", shown.fetches(), page);
    if (!shown.trace().isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("view", "address", "bytes", "executed"));
      for (Counterexample.Step step : shown.trace()) {
        String address =
            step.la().isEmpty() || step.la().equals(step.gpa()) ? step.gpa() : step.la();
        rows.add(
            List.of(
                Integer.toString(step.view()),
                address,
                step.bytes(),
                step.text() + (step.effect().isEmpty() ? "" : " ; " + step.effect())));
      }
      page.table(rows, 2);
    }
  }

  private static void contents(String label, List<Counterexample.Content> contents, Page page) {
    if (!contents.isEmpty()) {
      page.line("  " + label);
      List<List<String>> rows = new ArrayList<>();
      for (Counterexample.Content content : contents) {
        rows.add(List.of("view " + content.view(), content.gpa(), grouped(content.bytes())));
      }
      page.table(rows, 4);
    }
  }

  /** Hex in groups of sixteen bytes, so that it can be wrapped. */
  private static String grouped(String hex) {
    return hex.replaceAll("(.{32})(?=.)", "$1 ");
  }

  private static List<String> registers(Map<String, String> start) {
    Map<String, String> rest = new LinkedHashMap<>(start);
    List<String> shown = new ArrayList<>();
    for (String name : REGISTER_ORDER) {
      String value = rest.remove(name);
      if (value != null) {
        shown.add(name + "=" + value);
      }
    }
    rest.forEach((name, value) -> shown.add(name + "=" + value));
    return shown;
  }
}

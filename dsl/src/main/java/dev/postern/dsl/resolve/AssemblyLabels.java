package dev.postern.dsl.resolve;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the labels of assembler text without assembling it. */
final class AssemblyLabels {

  private static final Pattern LABEL = Pattern.compile("\\G\\s*([A-Za-z_.$@][\\w.$@]*)\\s*:");

  private AssemblyLabels() {}

  /** Names that stand before a colon at the start of a line. */
  static Set<String> of(String text) {
    Set<String> labels = new LinkedHashSet<>();
    text.lines()
        .forEach(line -> {
          Matcher matcher = LABEL.matcher(line);
          while (matcher.find()) {
            labels.add(matcher.group(1));
          }
        });
    return labels;
  }
}

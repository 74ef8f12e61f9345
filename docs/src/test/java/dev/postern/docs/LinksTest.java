package dev.postern.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every relative link in our documents leads to a file that is there, and to a heading in it. */
class LinksTest {

  private static final Path ROOT = Path.of(System.getProperty("postern.root"));
  private static final Pattern LINK = Pattern.compile("(?<!`)\\[[^\\]\\n]*\\]\\(([^)\\s]+)\\)");
  private static final Set<String> NOT_OURS = Set.of("target", ".git", ".postern");

  @ParameterizedTest
  @MethodSource("documents")
  void relativeLinksLeadSomewhere(Path document) throws IOException {
    Matcher link = LINK.matcher(withoutCodeBlocks(Files.readString(document)));
    List<String> broken = new ArrayList<>();
    while (link.find()) {
      String target = link.group(1);
      if (!target.matches("[a-z]+:.*") && !leadsSomewhere(document, target)) {
        broken.add(target);
      }
    }
    assertThat(broken).as("broken links of %s", ROOT.relativize(document)).isEmpty();
  }

  @Test
  void documentsWithLinksAreFound() throws IOException {
    assertThat(documents()).contains(ROOT.resolve("README.md")).hasSizeGreaterThan(3);
  }

  static Stream<Path> documents() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(LinksTest::isOurs)
          .sorted()
          .toList()
          .stream();
    }
  }

  private static boolean isOurs(Path file) {
    for (Path part : ROOT.relativize(file)) {
      if (NOT_OURS.contains(part.toString())) {
        return false;
      }
    }
    return true;
  }

  private static boolean leadsSomewhere(Path document, String target) throws IOException {
    int hash = target.indexOf('#');
    String file = hash < 0 ? target : target.substring(0, hash);
    Path goal = file.isEmpty() ? document : document.resolveSibling(file);
    if (!Files.exists(goal)) {
      return false;
    }
    return hash < 0 || headings(goal).contains(target.substring(hash + 1));
  }

  /** Anchors as GitHub makes them of headings. */
  private static Set<String> headings(Path document) throws IOException {
    return withoutCodeBlocks(Files.readString(document))
        .lines()
        .filter(line -> line.matches("#{1,6} .*"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  private static String withoutCodeBlocks(String text) {
    return text.replaceAll("(?ms)^```.*?^```", "");
  }
}

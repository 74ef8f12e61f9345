package dev.postern.verifier.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Location;
import dev.postern.model.report.Verdict;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** JUnit XML, read back by the JDK's own parser. */
class JunitReportTest {

  private static final Map<String, Verdict> BY_ELEMENT =
      Map.of(
          "failure", Verdict.REFUTED,
          "error", Verdict.UNKNOWN,
          "skipped", Verdict.WAIVED,
          "system-out", Verdict.PROVED);

  @Test
  void suiteIsAPolicyAndCaseIsAFindingWithItsVerdict() throws Exception {
    for (Run.Answer answer : SampleReports.run().answers()) {
      Element suite = children(parsed(Run.of(answer))).getFirst();
      assertThat(suite.getAttribute("name")).isEqualTo(answer.report().name());
      List<Element> cases = cases(suite);
      List<String> silent = answer.silent();
      assertThat(cases).hasSize(answer.report().findings().size() + silent.size());
      for (int i = 0; i < answer.report().findings().size(); i++) {
        assertThat(cases.get(i).getAttribute("classname"))
            .isEqualTo(answer.report().name() + "." + answer.report().findings().get(i).rule());
        assertThat(BY_ELEMENT.get(children(cases.get(i)).getFirst().getTagName()))
            .isEqualTo(answer.report().findings().get(i).verdict());
      }
      assertThat(cases.reversed().subList(0, silent.size()).reversed())
          .extracting(unsaid -> children(unsaid).getFirst().getAttribute("message"))
          .isEqualTo(silent);
    }
  }

  @Test
  void countsAreThoseOfTheCases() throws Exception {
    List<Element> suites = children(parsed(SampleReports.run()));
    assertThat(suites).hasSize(SampleReports.all().size() + 1);
    for (Element suite : suites) {
      List<Element> cases = cases(suite);
      assertThat(suite.getAttribute("tests")).isEqualTo(Integer.toString(cases.size()));
      for (String element : List.of("failure", "error", "skipped")) {
        long having =
            cases.stream()
                .filter(one -> children(one).getFirst().getTagName().equals(element))
                .count();
        String counted = suite.getAttribute(element.equals("skipped") ? element : element + "s");
        assertThat(counted.isEmpty() ? "0" : counted).isEqualTo(Long.toString(having));
      }
    }
  }

  @Test
  void whateverANameHoldsTheTextIsXmlAndSaysIt() throws Exception {
    String hostile = "]]><x a='b\">&amp;\u0000\u001b\ufffe\uffff\ud83d\ude00\r\n</testsuites>";
    Run run = new Run(List.of(), List.of(new Run.Refused(new Location(hostile, 1, 1), hostile)));
    Element suite = children(parsed(run)).getFirst();
    assertThat(suite.getAttribute("name"))
        .isEqualTo(
            "]]><x a='b\">&amp;\\u{0}\\u{1b}\\u{fffe}\\u{ffff}\ud83d\ude00\\u{d}\\u{a}"
                + "</testsuites>");
    assertThat(cases(suite)).hasSize(1);
  }

  private static List<Element> cases(Element suite) {
    return children(suite).stream().filter(e -> e.getTagName().equals("testcase")).toList();
  }

  private static List<Element> children(Element parent) {
    List<Element> children = new ArrayList<>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        children.add(element);
      }
    }
    return children;
  }

  private static Element parsed(Run run)
      throws ParserConfigurationException, SAXException, IOException {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    byte[] xml = new JunitReport().render(run).getBytes(StandardCharsets.UTF_8);
    Element root =
        factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml)).getDocumentElement();
    assertThat(root.getTagName()).isEqualTo("testsuites");
    return root;
  }
}

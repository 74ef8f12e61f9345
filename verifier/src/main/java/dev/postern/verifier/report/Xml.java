package dev.postern.verifier.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.Collectors;

/** Writes XML 1.0. Names are ours; values are escaped, what XML cannot hold is written out. */
final class Xml {

  private final StringBuilder out =
      new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  private final Deque<String> open = new ArrayDeque<>();

  /** Starts an element that holds others; {@code attributes} are names and values in turn. */
  Xml begin(String name, String... attributes) {
    tag(name, attributes).append(">\n");
    open.push(name);
    return this;
  }

  Xml end() {
    String name = open.pop();
    indent().append("</").append(name).append(">\n");
    return this;
  }

  /** An element that holds text, or nothing. */
  Xml element(String name, String text, String... attributes) {
    tag(name, attributes);
    if (text.isEmpty()) {
      out.append("/>\n");
    } else {
      String lines = text.lines().map(Xml::escaped).collect(Collectors.joining("\n"));
      out.append('>').append(lines).append("</").append(name).append(">\n");
    }
    return this;
  }

  @Override
  public String toString() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("not ended: " + open);
    }
    return out.toString();
  }

  private StringBuilder tag(String name, String... attributes) {
    indent().append('<').append(name);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"").append(escaped(attributes[i + 1]));
      out.append('"');
    }
    return out;
  }

  private StringBuilder indent() {
    return out.repeat("  ", open.size());
  }

  private static String escaped(String text) {
    return Layout.visible(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("\ufffe", "\\u{fffe}")
        .replace("\uffff", "\\u{ffff}");
  }
}

package dev.postern.json;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;

/**
 * Writes JSON. {@link #canonical} is what digests and signatures are taken over: members in the
 * tree's own order (each schema fixes it), strings and integers as RFC 8785 §3.2.2 writes them, no
 * white space, UTF-8. {@link #pretty} is the same with two-space indentation and a final newline.
 */
public final class JsonWriter {

  private static final String HEX = "0123456789abcdef";

  private final StringBuilder out = new StringBuilder(4096);
  private final boolean indented;

  private JsonWriter(boolean indented) {
    this.indented = indented;
  }

  public static byte[] canonical(Json value) {
    JsonWriter writer = new JsonWriter(false);
    writer.write(value, 0);
    return writer.out.toString().getBytes(StandardCharsets.UTF_8);
  }

  public static String pretty(Json value) {
    JsonWriter writer = new JsonWriter(true);
    writer.write(value, 0);
    return writer.out.append('\n').toString();
  }

  private void write(Json value, int depth) {
    switch (value) {
      case Json.Obj obj -> object(obj, depth);
      case Json.Arr arr -> array(arr, depth);
      case Json.Str str -> string(str.value());
      case Json.Num num -> out.append(num.value());
      case Json.Bool bool -> out.append(bool.value());
      case Json.Null _ -> out.append("null");
    }
  }

  private void object(Json.Obj obj, int depth) {
    out.append('{');
    Iterator<Map.Entry<String, Json>> members = obj.members().entrySet().iterator();
    boolean any = members.hasNext();
    while (members.hasNext()) {
      Map.Entry<String, Json> member = members.next();
      line(depth + 1);
      string(member.getKey());
      out.append(indented ? ": " : ":");
      write(member.getValue(), depth + 1);
      separate(members);
    }
    if (any) {
      line(depth);
    }
    out.append('}');
  }

  private void array(Json.Arr arr, int depth) {
    out.append('[');
    Iterator<Json> items = arr.items().iterator();
    boolean any = items.hasNext();
    while (items.hasNext()) {
      line(depth + 1);
      write(items.next(), depth + 1);
      separate(items);
    }
    if (any) {
      line(depth);
    }
    out.append(']');
  }

  private void separate(Iterator<?> rest) {
    if (rest.hasNext()) {
      out.append(',');
    }
  }

  private void line(int depth) {
    if (indented) {
      out.append('\n').repeat("  ", depth);
    }
  }

  private void string(String value) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char unit = value.charAt(i);
      switch (unit) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\f' -> out.append("\\f");
        case '\r' -> out.append("\\r");
        default -> {
          if (unit < 0x20) {
            out.append("\\u00").append(HEX.charAt(unit >> 4)).append(HEX.charAt(unit & 15));
          } else {
            out.append(unit);
          }
        }
      }
    }
    out.append('"');
  }
}

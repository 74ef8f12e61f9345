package dev.postern.json;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The members of one object, taken by name, each once; {@link #end} refuses what nobody took. So a
 * reader written with it accepts its schema and nothing else.
 */
public final class Members {

  private final Map<String, Json> rest;
  private final String pointer;

  private Members(Map<String, Json> rest, String pointer) {
    this.rest = rest;
    this.pointer = pointer;
  }

  /** The members of {@code json}, which stands at {@code pointer} (RFC 6901) of its document. */
  public static Members of(Json json, String pointer) throws JsonException {
    if (json instanceof Json.Obj object) {
      return new Members(new LinkedHashMap<>(object.members()), pointer);
    }
    throw JsonException.mismatch(pointer, "expected an object");
  }

  /** Where this object stands. */
  public String pointer() {
    return pointer;
  }

  /** Where the member {@code name} of this object stands. */
  public String pointer(String name) {
    return pointer + "/" + name.replace("~", "~0").replace("/", "~1");
  }

  public JsonException refuse(String name, String reason) {
    return JsonException.mismatch(pointer(name), reason);
  }

  /** Every member was taken. */
  public void end() throws JsonException {
    for (String name : rest.keySet()) {
      throw refuse(name, "unknown member");
    }
  }

  public boolean has(String name) {
    return rest.containsKey(name);
  }

  public Json take(String name) throws JsonException {
    Json value = rest.remove(name);
    if (value == null) {
      throw refuse(name, "missing");
    }
    return value;
  }

  public String text(String name) throws JsonException {
    return text(take(name), pointer(name));
  }

  public Optional<String> optionalText(String name) throws JsonException {
    return has(name) ? Optional.of(text(name)) : Optional.empty();
  }

  /** A member that holds exactly {@code expected}. */
  public void constant(String name, String expected) throws JsonException {
    String actual = text(name);
    if (!actual.equals(expected)) {
      throw refuse(name, "expected \"" + expected + "\"");
    }
  }

  public boolean flag(String name) throws JsonException {
    if (take(name) instanceof Json.Bool(boolean value)) {
      return value;
    }
    throw refuse(name, "expected true or false");
  }

  public long number(String name) throws JsonException {
    if (take(name) instanceof Json.Num(long value)) {
      return value;
    }
    throw refuse(name, "expected an integer");
  }

  public int integer(String name) throws JsonException {
    long value = number(name);
    if (value != (int) value) {
      throw refuse(name, "does not fit 32 bits");
    }
    return (int) value;
  }

  /** A 64-bit value as {@link Json#hex} writes it, and in no other spelling. */
  public long hex(String name) throws JsonException {
    String text = text(name);
    try {
      long value = text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : 0;
      if (text.equals("0x" + Long.toHexString(value))) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw refuse(name, "expected a 64-bit value as 0x and hexadecimal digits");
    }
    throw refuse(name, "expected a 64-bit value as 0x and lower-case hexadecimal digits");
  }

  public Members object(String name) throws JsonException {
    return of(take(name), pointer(name));
  }

  public List<Members> objects(String name) throws JsonException {
    List<Json> items = items(name);
    List<Members> objects = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      objects.add(of(items.get(i), pointer(name) + "/" + i));
    }
    return objects;
  }

  public List<String> texts(String name) throws JsonException {
    List<Json> items = items(name);
    List<String> texts = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      texts.add(text(items.get(i), pointer(name) + "/" + i));
    }
    return texts;
  }

  public List<Json> items(String name) throws JsonException {
    if (take(name) instanceof Json.Arr(List<Json> items)) {
      return items;
    }
    throw refuse(name, "expected an array");
  }

  /** Names of the members not yet taken. */
  public List<String> names() {
    return List.copyOf(rest.keySet());
  }

  /** One of an enum's constants in kebab case. */
  public <E extends Enum<E>> E word(String name, Class<E> type) throws JsonException {
    return word(text(name), pointer(name), type);
  }

  /** A set of an enum's constants, in their order, without repetition. */
  public <E extends Enum<E>> Set<E> words(String name, Class<E> type) throws JsonException {
    Set<E> set = EnumSet.noneOf(type);
    Optional<E> last = Optional.empty();
    List<String> texts = texts(name);
    for (int i = 0; i < texts.size(); i++) {
      E constant = word(texts.get(i), pointer(name) + "/" + i, type);
      if (last.isPresent() && constant.compareTo(last.get()) <= 0) {
        throw refuse(name, "not in canonical order");
      }
      last = Optional.of(constant);
      set.add(constant);
    }
    return set;
  }

  /** How an enum constant is written: kebab case. */
  public static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** How a set of enum constants is written: in the enum's order. */
  public static <E extends Enum<E>> Json words(Set<E> constants) {
    return Json.array(new TreeSet<>(constants), constant -> Json.text(word(constant)));
  }

  /** The constant that {@link #word(Enum)} writes as {@code text}. */
  public static <E extends Enum<E>> E word(String text, String pointer, Class<E> type)
      throws JsonException {
    for (E constant : type.getEnumConstants()) {
      if (word(constant).equals(text)) {
        return constant;
      }
    }
    throw JsonException.mismatch(pointer, "unknown word \"" + text + "\"");
  }

  private static String text(Json json, String pointer) throws JsonException {
    if (json instanceof Json.Str(String value)) {
      return value;
    }
    throw JsonException.mismatch(pointer, "expected a string");
  }
}

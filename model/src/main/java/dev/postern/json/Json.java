package dev.postern.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * A JSON value (RFC 8259) without fractions: numbers are 64-bit integers, strings are well-formed
 * Unicode, objects keep the order of their members.
 */
public sealed interface Json {

  /** An object; member order is part of what is written, not of equality. */
  record Obj(SequencedMap<String, Json> members) implements Json {
    public Obj {
      members.keySet().forEach(Json::requireUnicode);
      members = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(members));
    }
  }

  /** An array. */
  record Arr(List<Json> items) implements Json {
    public Arr {
      items = List.copyOf(items);
    }
  }

  /** A string. */
  record Str(String value) implements Json {
    public Str {
      requireUnicode(value);
    }
  }

  /** An integer. */
  record Num(long value) implements Json {}

  /** true or false. */
  record Bool(boolean value) implements Json {}

  /** null, which no schema of ours uses: where nothing is said, the member is absent. */
  record Null() implements Json {}

  /** Starts an object. */
  static Builder object() {
    return new Builder();
  }

  static Json text(String value) {
    return new Str(value);
  }

  /** A 64-bit value or address, as {@code 0x} and lower-case hexadecimal without leading zeros. */
  static Json hex(long value) {
    return new Str("0x" + Long.toHexString(value));
  }

  /** One item for each of {@code values}. */
  static <T> Json array(Iterable<T> values, Function<? super T, ? extends Json> write) {
    List<Json> items = new ArrayList<>();
    for (T value : values) {
      items.add(write.apply(value));
    }
    return new Arr(items);
  }

  static Json texts(Iterable<String> values) {
    return array(values, Str::new);
  }

  /** Collects members in the order they are put. */
  final class Builder {
    private final SequencedMap<String, Json> members = new LinkedHashMap<>();

    public Builder put(String name, Json value) {
      if (members.put(name, value) != null) {
        throw new IllegalArgumentException("duplicate member " + name);
      }
      return this;
    }

    public Builder put(String name, String value) {
      return put(name, new Str(value));
    }

    public Builder put(String name, long value) {
      return put(name, new Num(value));
    }

    public Builder put(String name, boolean value) {
      return put(name, new Bool(value));
    }

    public Builder putAll(Map<String, String> values) {
      values.forEach(this::put);
      return this;
    }

    public Obj build() {
      return new Obj(members);
    }
  }

  private static void requireUnicode(String value) {
    for (int i = 0; i < value.length(); i++) {
      char unit = value.charAt(i);
      if (Character.isSurrogate(unit)) {
        boolean pair =
            Character.isHighSurrogate(unit)
                && i + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(i + 1));
        if (!pair) {
          throw new IllegalArgumentException("unpaired surrogate in a string");
        }
        i++;
      }
    }
  }
}

package dev.postern.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Reads one JSON document from bytes nobody vouches for. Refused beyond RFC 8259: a byte-order
 * mark, duplicate members, numbers that are not 64-bit integers, minus zero, unpaired surrogates,
 * anything after the document, and whatever exceeds the {@link JsonLimits}.
 */
public final class JsonReader {

  /** Digits of a 64-bit integer with its sign. */
  private static final int NUMBER_LENGTH = 20;

  private final char[] text;
  private final JsonParser tokens;
  private final JsonLimits limits;
  private int values;

  private JsonReader(char[] text, int length, JsonLimits limits) throws IOException {
    this.text = text;
    this.limits = limits;
    this.tokens =
        JsonFactory.builder()
            // Interning and canonical symbol tables would outlive the document.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(limits.depth() + 1)
                    .maxStringLength(Math.max(1, limits.bytes()))
                    .maxNameLength(Math.max(1, limits.bytes()))
                    .maxNumberLength(NUMBER_LENGTH)
                    .build())
            .build()
            .createParser(text, 0, length);
  }

  /** The document in {@code document}, or a refusal that says where. */
  public static Json parse(byte[] document, JsonLimits limits) throws JsonException {
    if (document.length > limits.bytes()) {
      throw JsonException.malformed(
          limits.bytes(), "document of " + document.length + " bytes exceeds the limit");
    }
    CharBuffer text = decode(document);
    try {
      JsonReader reader = new JsonReader(text.array(), text.length(), limits);
      return reader.document();
    } catch (IOException e) {
      throw new UncheckedIOException("reading an array does no I/O", e);
    }
  }

  private static CharBuffer decode(byte[] document) throws JsonException {
    CharsetDecoder utf8 =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer bytes = ByteBuffer.wrap(document);
    CharBuffer text = CharBuffer.allocate(document.length);
    CoderResult result = utf8.decode(bytes, text, true);
    if (result.isError()) {
      throw JsonException.malformed(bytes.position(), "not UTF-8");
    }
    text.flip();
    if (!text.isEmpty() && text.get(0) == '\ufeff') {
      throw JsonException.malformed(0, "byte-order mark");
    }
    return text;
  }

  private Json document() throws IOException, JsonException {
    try {
      JsonToken first = tokens.nextToken();
      if (first == null) {
        throw refuse("no value");
      }
      Json value = value(first, 0);
      if (tokens.nextToken() != null) {
        throw refuse("content after the document");
      }
      return value;
    } catch (JsonProcessingException e) {
      long at = e.getLocation() == null ? 0 : e.getLocation().getCharOffset();
      throw JsonException.malformed(byteOffset(at), firstSentence(e.getOriginalMessage()));
    }
  }

  private Json value(JsonToken token, int depth) throws IOException, JsonException {
    if (++values > limits.values()) {
      throw refuse("more than " + limits.values() + " values");
    }
    return switch (token) {
      case START_OBJECT -> object(deeper(depth));
      case START_ARRAY -> array(deeper(depth));
      case VALUE_STRING -> new Json.Str(unicode(tokens.getText()));
      case VALUE_NUMBER_INT -> new Json.Num(integer(tokens.getText()));
      case VALUE_NUMBER_FLOAT -> throw refuse("a number that is not an integer");
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_NULL -> new Json.Null();
      case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
          throw refuse("a value is missing");
    };
  }

  private int deeper(int depth) throws JsonException {
    if (depth >= limits.depth()) {
      throw refuse("nested deeper than " + limits.depth());
    }
    return depth + 1;
  }

  private Json object(int depth) throws IOException, JsonException {
    SequencedMap<String, Json> members = new LinkedHashMap<>();
    while (next() != JsonToken.END_OBJECT) {
      String name = unicode(tokens.currentName());
      if (members.containsKey(name)) {
        throw refuse("duplicate member \"" + name + "\"");
      }
      members.put(name, value(next(), depth));
    }
    return new Json.Obj(members);
  }

  private Json array(int depth) throws IOException, JsonException {
    List<Json> items = new ArrayList<>();
    JsonToken token;
    while ((token = next()) != JsonToken.END_ARRAY) {
      items.add(value(token, depth));
    }
    return new Json.Arr(items);
  }

  private JsonToken next() throws IOException, JsonException {
    JsonToken token = tokens.nextToken();
    if (token == null) {
      throw refuse("the document ends early");
    }
    return token;
  }

  private long integer(String digits) throws JsonException {
    if (digits.equals("-0")) {
      throw refuse("minus zero");
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw refuse("an integer outside 64 bits");
    }
  }

  private String unicode(String value) throws JsonException {
    for (int i = 0; i < value.length(); i++) {
      int point = value.codePointAt(i);
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        throw refuse("unpaired surrogate in a string");
      }
      i += Character.charCount(point) - 1;
    }
    return value;
  }

  private JsonException refuse(String reason) {
    return JsonException.malformed(
        byteOffset(tokens.currentTokenLocation().getCharOffset()), reason);
  }

  private long byteOffset(long charOffset) {
    int end = Math.clamp(charOffset, 0, text.length);
    return new String(text, 0, end).getBytes(StandardCharsets.UTF_8).length;
  }

  private static String firstSentence(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}

package dev.postern.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read and what is refused, and where the refusal points. */
class JsonReaderTest {

  private static final JsonLimits SMALL = new JsonLimits(1000, 4, 20);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "true",
        "0",
        "-9223372036854775808",
        "9223372036854775807",
        "\"\"",
        "[]",
        "{}",
        "[[[[1]]]]",
        "{\"a\":[1,2,{\"b\":null}],\"\":\"\\u0000\\u001f\\\"\\\\\\b\\t\\n\\f\\r/\"}",
        "\"\u00e9\u20ac\ud83d\ude00\u2028\u007f\""
      })
  void canonicalTextIsReadAndWrittenBackUnchanged(String text) throws JsonException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertThat(JsonWriter.canonical(JsonReader.parse(bytes, SMALL))).isEqualTo(bytes);
  }

  @Test
  void escapesAreUnderstoodAndDropped() throws JsonException {
    assertThat(parse("\"\\u0061\\/\\ud83d\\ude00\"")).isEqualTo(Json.text("a/\ud83d\ude00"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                   | 0  | no value
          '{"a":1,"a":2}'      | 7 | duplicate member "a"
          '{"a":{"b":1,"b":1}}'| 12 | duplicate member "b"
          '[1] x'              | 4  | Unrecognized token 'x'
          '[1] [2]'            | 4  | content after the document
          '[1.0]'              | 1  | a number that is not an integer
          '[1e3]'              | 1  | a number that is not an integer
          '[-0]'               | 1  | minus zero
          '[01]'               | 1  | Invalid numeric value
          '9223372036854775808'| 0  | an integer outside 64 bits
          '[[[[[1]]]]]'        | 4  | nested deeper than 4
          '"\\ud800"'           | 0  | unpaired surrogate in a string
          '{"\\udc00":1}'       | 6  | Unexpected low surrogate in field name
          '[1,]'               | 3  | Unexpected character
          '{"a":1,}'           | 7  | Unexpected character
          '{a:1}'              | 1  | Unexpected character
          '[NaN]'              | 1  | Non-standard token 'NaN'
          '[1 /* c */]'        | 3  | Unexpected character
          '["a'                | 1  | Unexpected end-of-input
          '[1'                 | 1  | Unexpected end-of-input
          '{"\u20ac":1,"\u20ac":1}' | 9 | duplicate member "\u20ac"
          """)
  void refused(String text, long offset, String reason) {
    JsonException refusal = refusal((text == null ? "" : text).getBytes(StandardCharsets.UTF_8));
    assertThat(refusal).hasMessageContaining(reason);
    // Jackson points at or just behind the offending character.
    assertThat(refusal.offset()).isBetween(offset, offset + 3);
  }

  @ParameterizedTest
  @CsvSource({
    "EFBBBF5B5D, 0, byte-order mark",
    "22C3282200, 1, not UTF-8",
    "22C0AF22, 1, not UTF-8",
    "22EDA08022, 1, not UTF-8",
    "5B005D00, 1, Illegal character",
    "FEFF005B005D, 0, not UTF-8",
    "220122, 1, Illegal unquoted character",
    "5B5DC3, 2, not UTF-8"
  })
  void badEncoding(String hex, long offset, String reason) {
    JsonException refusal = refusal(HexFormat.of().parseHex(hex));
    assertThat(refusal).hasMessageContaining(reason);
    assertThat(refusal.offset()).isBetween(offset, offset + 1);
  }

  @Test
  void limitsAreInclusive() throws JsonException {
    assertThat(parse("[" + "1,".repeat(18) + "1]")).isInstanceOf(Json.Arr.class);
    assertThat(refusal(("[" + "1,".repeat(19) + "1]").getBytes(StandardCharsets.UTF_8)))
        .hasMessage("byte 39: more than 20 values");
    assertThat(parse("\"" + "a".repeat(998) + "\"")).isInstanceOf(Json.Str.class);
    assertThat(refusal(("\"" + "a".repeat(999) + "\"").getBytes(StandardCharsets.UTF_8)))
        .hasMessage("byte 1000: document of 1001 bytes exceeds the limit");
  }

  @Test
  void nestingTenThousandDeepIsRefusedNotOverflowed() {
    JsonException refusal =
        catchThrowableOfType(
            JsonException.class,
            () ->
                JsonReader.parse(
                    "[".repeat(10_000).getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT));
    assertThat(refusal).hasMessage("byte 32: nested deeper than 32");
  }

  private static Json parse(String text) throws JsonException {
    return JsonReader.parse(text.getBytes(StandardCharsets.UTF_8), SMALL);
  }

  private static JsonException refusal(byte[] bytes) {
    JsonException refusal =
        catchThrowableOfType(JsonException.class, () -> JsonReader.parse(bytes, SMALL));
    assertThat(refusal).isNotNull();
    return refusal;
  }
}

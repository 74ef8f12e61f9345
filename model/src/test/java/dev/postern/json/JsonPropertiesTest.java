package dev.postern.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Laws of the reader and the writer, over random trees and hostile bytes. */
class JsonPropertiesTest {

  @Property(tries = 150)
  void parseOfCanonicalIsTheTree(@ForAll("trees") Json tree) throws JsonException {
    byte[] bytes = JsonWriter.canonical(tree);
    Json read = JsonReader.parse(bytes, JsonLimits.DEFAULT);
    assertThat(read).isEqualTo(tree);
    assertThat(JsonWriter.canonical(read)).isEqualTo(bytes);
  }

  @Property(tries = 150)
  void prettyMeansTheSame(@ForAll("trees") Json tree) throws JsonException {
    byte[] bytes = JsonWriter.pretty(tree).getBytes(StandardCharsets.UTF_8);
    assertThat(JsonReader.parse(bytes, JsonLimits.DEFAULT)).isEqualTo(tree);
  }

  @Property(tries = 150)
  void anyBytesAreReadOrRefused(@ForAll byte[] bytes) {
    assertReadOrRefused(bytes);
  }

  @Property(tries = 150)
  void damagedDocumentsAreReadOrRefused(
      @ForAll("trees") Json tree, @ForAll int position, @ForAll byte value) {
    byte[] bytes = JsonWriter.canonical(tree);
    bytes[Math.floorMod(position, bytes.length)] = value;
    assertReadOrRefused(bytes);
  }

  private static void assertReadOrRefused(byte[] bytes) {
    try {
      Json json = JsonReader.parse(bytes, JsonLimits.DEFAULT);
      assertThat(JsonReader.parse(JsonWriter.canonical(json), JsonLimits.DEFAULT)).isEqualTo(json);
    } catch (JsonException e) {
      assertThat(e.offset()).isBetween(0L, (long) bytes.length);
    }
  }

  @Provide
  Arbitrary<Json> trees() {
    Arbitrary<Json> leaves =
        Arbitraries.oneOf(
            Arbitraries.longs().map(Json.Num::new),
            text().map(Json.Str::new),
            Arbitraries.of(true, false).map(Json.Bool::new),
            Arbitraries.just(new Json.Null()));
    return Arbitraries.recursive(() -> leaves, JsonPropertiesTest::deeper, 0, 4);
  }

  private static Arbitrary<Json> deeper(Arbitrary<Json> inner) {
    Arbitrary<Json> arrays = inner.list().ofMaxSize(4).map(Json.Arr::new);
    Arbitrary<Json> objects =
        Arbitraries.maps(text(), inner)
            .ofMaxSize(4)
            .map(members -> new Json.Obj(new LinkedHashMap<>(members)));
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(1, arrays), net.jqwik.api.Tuple.of(1, objects));
  }

  private static Arbitrary<String> text() {
    return Arbitraries.strings()
        .all()
        .ofMaxLength(6)
        .filter(value ->
            value
                .codePoints()
                .noneMatch(p -> p >= Character.MIN_SURROGATE && p <= Character.MAX_SURROGATE))
        .injectDuplicates(0.1)
        .map(value -> List.of("\"\\", "\u0000", "\ud83d\ude00", "").contains(value) ? "\n" : value);
  }
}

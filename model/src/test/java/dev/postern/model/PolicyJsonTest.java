package dev.postern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The canonical JSON of a policy says all of it, once, and is read back strictly. */
class PolicyJsonTest {

  private static final Location NOWHERE = new Location("", 1, 1);

  @Property(tries = 200)
  void everythingButLocationsSurvives(@ForAll long seed) throws Exception {
    Policy policy = RandomPolicy.of(seed);
    Policy read = PolicyJson.readCanonical(PolicyJson.canonical(policy));
    assertThat(withoutLocations(read)).isEqualTo(withoutLocations(policy));
    assertThat(PolicyJson.sha256(read)).isEqualTo(PolicyJson.sha256(policy));
  }

  @Property(tries = 100)
  void whereItWasWrittenDoesNotReachTheDigest(@ForAll long seed) throws Exception {
    Policy policy = RandomPolicy.of(seed);
    assertThat(PolicyJson.sha256((Policy) withoutLocations(policy)))
        .isEqualTo(PolicyJson.sha256(policy));
  }

  @Property(tries = 6)
  void anyMemberMissingOrAddedIsRefused(@ForAll long seed) {
    Json json = PolicyJson.write(RandomPolicy.of(seed));
    for (Json damaged : damaged(json)) {
      assertThatThrownBy(() -> PolicyJson.readCanonical(JsonWriter.canonical(damaged)))
          .as(JsonWriter.pretty(damaged))
          .isInstanceOf(JsonException.class);
    }
  }

  /**
   * The wire format: a digest signed today must be the same in every later version. The digest was
   * computed with another JSON library.
   */
  @Test
  void theFormatDoesNotMove() throws Exception {
    String golden;
    try (InputStream in = PolicyJsonTest.class.getResourceAsStream("policy.json")) {
      golden = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Policy policy =
        PolicyJson.read(
            JsonReader.parse(golden.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT));
    assertThat(JsonWriter.pretty(PolicyJson.write(policy))).isEqualTo(golden);
    assertThat(PolicyJson.sha256(policy))
        .isEqualTo("4ceadcf829ed0d38d12b6f1fc5b209164a9f710cf6be4bc23cb37d13c5c034fb");
    View view = policy.views().getFirst();
    Mapping gate = view.mappings().getFirst();
    assertThat(gate.leaf())
        .isEqualTo(
            new Leaf(
                true,
                false,
                true,
                true,
                MemoryType.WB,
                true,
                false,
                false,
                true,
                false,
                false,
                false,
                true));
    assertThat(gate.frames()).isEqualTo(new Frames(new Frames.Owner.Loader("tx", "gate"), 0, 4096));
    assertThat(gate.image().orElseThrow().symbols()).containsEntry("enter", 0);
    assertThat(view.mappings().get(1).pageSize()).isEqualTo(PageSize.LARGE);
    assertThat(policy.gates().getFirst().returnsThrough()).contains(Register.R15);
    assertThat(policy.slots().get(1).value())
        .isEqualTo(new EptpSlot.Value.RootOf("tx", new Eptp(MemoryType.WB, 4, true, false)));
  }

  @Test
  void aPolicyReadBackPointsIntoItsJson() throws JsonException {
    Policy policy = RandomPolicy.of(5);
    Policy read = PolicyJson.read(PolicyJson.write(policy));
    assertThat(read.at()).hasToString("/:1:1");
    assertThat(read.cpu().at()).hasToString("/cpu:1:1");
    assertThat(read.views()).isNotEmpty();
    assertThat(read.views().getFirst().at()).hasToString("/views/0:1:1");
  }

  @Test
  void constructorsAreNotBypassed() {
    String json = new String(PolicyJson.canonical(RandomPolicy.of(5)), StandardCharsets.UTF_8);
    byte[] damaged =
        json.replaceFirst("\"physical-address-width\":\\d+", "\"physical-address-width\":53")
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> PolicyJson.readCanonical(damaged))
        .isInstanceOf(JsonException.class)
        .hasMessage("document: physical-address width 53 outside 32..52");
  }

  @Test
  void anotherSpellingOfTheSamePolicyIsNotCanonical() {
    byte[] pretty =
        JsonWriter.pretty(PolicyJson.write(RandomPolicy.of(7))).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> PolicyJson.readCanonical(pretty))
        .isInstanceOf(JsonException.class)
        .hasMessage("document: not in canonical form");
  }

  /** Every tree that differs from {@code json} by one member removed or added somewhere. */
  private static List<Json> damaged(Json json) {
    List<Json> all = new ArrayList<>();
    switch (json) {
      case Json.Obj(var members) -> {
        if (!isMap(members)) {
          SequencedMap<String, Json> more = new LinkedHashMap<>(members);
          more.put("unheard-of", new Json.Num(1));
          all.add(new Json.Obj(more));
        }
        members.forEach((name, value) -> {
          SequencedMap<String, Json> fewer = new LinkedHashMap<>(members);
          fewer.remove(name);
          if (!OPTIONAL.contains(name) && !isMap(members)) {
            all.add(new Json.Obj(fewer));
          }
          for (Json inner : damaged(value)) {
            SequencedMap<String, Json> changed = new LinkedHashMap<>(members);
            changed.put(name, inner);
            all.add(new Json.Obj(changed));
          }
        });
      }
      case Json.Arr(var items) -> {
        for (int i = 0; i < items.size(); i++) {
          for (Json inner : damaged(items.get(i))) {
            List<Json> changed = new ArrayList<>(items);
            changed.set(i, inner);
            all.add(new Json.Arr(changed));
          }
        }
      }
      case Json.Str _, Json.Num _, Json.Bool _, Json.Null _ -> {}
    }
    return all;
  }

  private static final List<String> OPTIONAL =
      List.of(
          "host",
          "root",
          "returns-through",
          "mediation-not-claimed",
          "image",
          "doorbell",
          "discloses",
          "invariants");

  /** Features and symbols: another entry is another policy, not an error. */
  private static boolean isMap(SequencedMap<String, Json> members) {
    return members.values().stream().allMatch(Json.Bool.class::isInstance)
        || members.values().stream().allMatch(Json.Num.class::isInstance);
  }

  /** The same value with every location replaced, and without the line table of code. */
  private static Object withoutLocations(Object value) throws Exception {
    return switch (value) {
      case Location _ -> NOWHERE;
      case CodeImage image ->
          new CodeImage(
              image.unit(),
              image.section(),
              image.bytes(),
              image.length(),
              image.symbols(),
              List.of());
      case Record record -> {
        RecordComponent[] components = record.getClass().getRecordComponents();
        Object[] arguments = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
          components[i].getAccessor().setAccessible(true);
          arguments[i] = withoutLocations(components[i].getAccessor().invoke(record));
        }
        Constructor<?> constructor =
            record
                .getClass()
                .getDeclaredConstructor(
                    Arrays.stream(components)
                        .map(RecordComponent::getType)
                        .toArray(Class<?>[]::new));
        yield constructor.newInstance(arguments);
      }
      case List<?> list -> {
        List<Object> copy = new ArrayList<>();
        for (Object item : list) {
          copy.add(withoutLocations(item));
        }
        yield copy;
      }
      case Optional<?> optional when optional.isPresent() ->
          Optional.of(withoutLocations(optional.get()));
      default -> value;
    };
  }
}

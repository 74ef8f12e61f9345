package dev.postern.loader.host;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.model.Cpu;
import dev.postern.model.PageSize;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the host's processor is, schema {@code postern.facts/1}. A fact that is absent is unknown,
 * and what is unknown is refused where a policy pins it.
 *
 * @param features presence of each feature that is known to be there or not
 */
public record HostFacts(
    Optional<Integer> physicalAddressWidth,
    Optional<Boolean> executeOnly,
    Optional<Set<PageSize>> pageSizes,
    Optional<Boolean> fiveLevel,
    Optional<Boolean> accessedDirty,
    Optional<Boolean> shadowStack,
    Map<Cpu.Feature, Boolean> features,
    Optional<Cpu.L1tf> l1tf) {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.facts/1";

  public HostFacts {
    pageSizes =
        pageSizes.map(sizes ->
            Collections.unmodifiableSet(
                sizes.isEmpty() ? EnumSet.noneOf(PageSize.class) : EnumSet.copyOf(sizes)));
    Map<Cpu.Feature, Boolean> copy = new EnumMap<>(Cpu.Feature.class);
    copy.putAll(features);
    features = Collections.unmodifiableMap(copy);
  }

  /**
   * Every way in which this host is not the processor of the proofs (O-79): a capability that is
   * missing, one that is there and was not proved with, one nothing is known of. A host that is not
   * affected by L1 terminal fault serves a policy for one that is.
   */
  public List<String> differences(Cpu cpu) {
    List<String> differences = new ArrayList<>();
    compare(
        "physical-address width", cpu.physicalAddressWidth(), physicalAddressWidth, differences);
    compare("execute-only EPT", cpu.executeOnly(), executeOnly, differences);
    compare("EPT page sizes", cpu.pageSizes(), pageSizes, differences);
    compare("5-level EPT", cpu.fiveLevel(), fiveLevel, differences);
    compare("EPT accessed and dirty flags", cpu.accessedDirty(), accessedDirty, differences);
    compare("EPT shadow-stack rights", cpu.shadowStack(), shadowStack, differences);
    cpu.features()
        .forEach((feature, present) ->
            compare(
                Members.word(feature),
                present,
                Optional.ofNullable(features.get(feature)),
                differences));
    if (!l1tf.equals(Optional.of(Cpu.L1tf.NOT_AFFECTED))) {
      compare("L1 terminal fault", cpu.l1tf(), l1tf, differences);
    }
    return differences;
  }

  private static <T> void compare(
      String what, T proved, Optional<T> here, List<String> differences) {
    if (here.isEmpty()) {
      differences.add(what + ": proved for " + text(proved) + ", unknown here");
    } else if (!here.get().equals(proved)) {
      differences.add(what + ": proved for " + text(proved) + ", here " + text(here.get()));
    }
  }

  private static String text(Object value) {
    return switch (value) {
      case Boolean present -> present ? "present" : "absent";
      case Enum<?> constant -> Members.word(constant);
      default -> value.toString();
    };
  }

  public byte[] canonical() {
    Json.Builder json = Json.object().put("schema", SCHEMA);
    physicalAddressWidth.ifPresent(width -> json.put("physicalAddressWidth", width));
    executeOnly.ifPresent(flag -> json.put("executeOnly", flag));
    pageSizes.ifPresent(sizes -> json.put("pageSizes", Members.words(sizes)));
    fiveLevel.ifPresent(flag -> json.put("fiveLevel", flag));
    accessedDirty.ifPresent(flag -> json.put("accessedDirty", flag));
    shadowStack.ifPresent(flag -> json.put("shadowStack", flag));
    Json.Builder present = Json.object();
    features.forEach((feature, flag) -> present.put(Members.word(feature), flag));
    json.put("features", present.build());
    l1tf.ifPresent(affected -> json.put("l1tf", Members.word(affected)));
    return JsonWriter.canonical(json.build());
  }

  public static HostFacts read(byte[] document) throws JsonException {
    Members in = Members.of(JsonReader.parse(document, JsonLimits.DEFAULT), "");
    in.constant("schema", SCHEMA);
    Optional<Integer> width =
        in.has("physicalAddressWidth")
            ? Optional.of(in.integer("physicalAddressWidth"))
            : Optional.empty();
    Optional<Boolean> executeOnly = flag(in, "executeOnly");
    Optional<Set<PageSize>> sizes =
        in.has("pageSizes") ? Optional.of(in.words("pageSizes", PageSize.class)) : Optional.empty();
    Optional<Boolean> fiveLevel = flag(in, "fiveLevel");
    Optional<Boolean> accessedDirty = flag(in, "accessedDirty");
    Optional<Boolean> shadowStack = flag(in, "shadowStack");
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(Cpu.Feature.class);
    Members named = in.object("features");
    for (String name : named.names()) {
      Cpu.Feature feature = Members.word(name, named.pointer(name), Cpu.Feature.class);
      features.put(feature, named.flag(name));
    }
    Optional<Cpu.L1tf> l1tf =
        in.has("l1tf") ? Optional.of(in.word("l1tf", Cpu.L1tf.class)) : Optional.empty();
    in.end();
    return new HostFacts(
        width, executeOnly, sizes, fiveLevel, accessedDirty, shadowStack, features, l1tf);
  }

  private static Optional<Boolean> flag(Members in, String name) throws JsonException {
    return in.has(name) ? Optional.of(in.flag(name)) : Optional.empty();
  }
}

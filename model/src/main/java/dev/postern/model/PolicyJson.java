package dev.postern.model;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A policy as JSON, schema {@code postern.policy/1}. The canonical bytes are what a policy's digest
 * is taken over: everything that has meaning is in them and nothing else, so neither formatting nor
 * the place a thing was written at ({@link Location}) changes the digest. A policy read back has
 * JSON pointers for locations.
 */
public final class PolicyJson {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.policy/1";

  private PolicyJson() {}

  public static Json write(Policy policy) {
    return Json.object()
        .put("schema", SCHEMA)
        .put("name", policy.name())
        .put("version", policy.version())
        .put("cpu", cpu(policy.cpu()))
        .put("vms", Json.array(policy.vms(), VmJson::write))
        .put("dma-domains", Json.array(policy.dmaDomains(), PolicyJson::dma))
        .put("control-regions", Json.array(policy.controlRegions(), PolicyJson::region))
        .put("views", Json.array(policy.views(), ViewJson::write))
        .put("slots", Json.array(policy.slots(), PolicyJson::slot))
        .put("gates", Json.array(policy.gates(), PolicyJson::gate))
        .put("waivers", Json.array(policy.waivers(), PolicyJson::waiver))
        .build();
  }

  /** The canonical bytes. */
  public static byte[] canonical(Policy policy) {
    return JsonWriter.canonical(write(policy));
  }

  /** SHA-256 of the canonical bytes, in lower-case hexadecimal. */
  public static String sha256(Policy policy) {
    return Bytes.of(canonical(policy)).sha256();
  }

  /** Reads canonical bytes; any other spelling of the same policy is refused. */
  public static Policy readCanonical(byte[] bytes) throws JsonException {
    Policy policy = read(JsonReader.parse(bytes, JsonLimits.DEFAULT));
    if (!java.util.Arrays.equals(bytes, canonical(policy))) {
      throw JsonException.mismatch("", "not in canonical form");
    }
    return policy;
  }

  public static Policy read(Json json) throws JsonException {
    return read(json, "");
  }

  /** The policy that stands at {@code pointer} of a larger document. */
  public static Policy read(Json json, String pointer) throws JsonException {
    try {
      return policy(Members.of(json, pointer));
    } catch (IllegalArgumentException e) {
      // What the model's constructors refuse: misalignment, an index over 511, overlaps.
      throw JsonException.mismatch(pointer, String.valueOf(e.getMessage()));
    }
  }

  private static Policy policy(Members in) throws JsonException {
    in.constant("schema", SCHEMA);
    String name = in.text("name");
    long version = in.number("version");
    if (version < 0) {
      throw in.refuse("version", "negative");
    }
    Cpu cpu = cpu(in.object("cpu"));
    List<Vm> vms = new ArrayList<>();
    for (Members vm : in.objects("vms")) {
      vms.add(VmJson.read(vm));
    }
    List<DmaDomain> dmaDomains = new ArrayList<>();
    for (Members dma : in.objects("dma-domains")) {
      dmaDomains.add(dma(dma));
    }
    List<ControlRegion> regions = new ArrayList<>();
    for (Members region : in.objects("control-regions")) {
      regions.add(region(region));
    }
    List<View> views = new ArrayList<>();
    for (Members view : in.objects("views")) {
      views.add(ViewJson.read(view));
    }
    List<EptpSlot> slots = new ArrayList<>();
    for (Members slot : in.objects("slots")) {
      slots.add(slot(slot));
    }
    List<Gate> gates = new ArrayList<>();
    for (Members gate : in.objects("gates")) {
      gates.add(gate(gate));
    }
    List<Waiver> waivers = new ArrayList<>();
    for (Members waiver : in.objects("waivers")) {
      waivers.add(waiver(waiver));
    }
    in.end();
    return new Policy(
        at(in), name, version, cpu, vms, dmaDomains, regions, views, slots, gates, waivers);
  }

  private static Json cpu(Cpu cpu) {
    Json.Builder features = Json.object();
    cpu.features().forEach((feature, present) -> features.put(Members.word(feature), present));
    return Json.object()
        .put("physical-address-width", cpu.physicalAddressWidth())
        .put("execute-only", cpu.executeOnly())
        .put("page-sizes", Json.array(cpu.pageSizes(), size -> Json.text(size(size))))
        .put("five-level", cpu.fiveLevel())
        .put("accessed-dirty", cpu.accessedDirty())
        .put("shadow-stack", cpu.shadowStack())
        .put("features", features.build())
        .put("l1tf", Members.word(cpu.l1tf()))
        .build();
  }

  private static Cpu cpu(Members in) throws JsonException {
    int width = in.integer("physical-address-width");
    boolean executeOnly = in.flag("execute-only");
    Set<PageSize> sizes = new LinkedHashSet<>();
    for (String text : in.texts("page-sizes")) {
      if (!sizes.add(size(text, in.pointer("page-sizes")))) {
        throw in.refuse("page-sizes", "repetition");
      }
    }
    boolean fiveLevel = in.flag("five-level");
    boolean accessedDirty = in.flag("accessed-dirty");
    boolean shadowStack = in.flag("shadow-stack");
    Map<Cpu.Feature, Boolean> features = new EnumMap<>(Cpu.Feature.class);
    Members present = in.object("features");
    for (String name : present.names()) {
      Cpu.Feature feature = Members.word(name, present.pointer(name), Cpu.Feature.class);
      features.put(feature, present.flag(name));
    }
    Cpu.L1tf l1tf = in.word("l1tf", Cpu.L1tf.class);
    in.end();
    return new Cpu(
        at(in), width, executeOnly, sizes, fiveLevel, accessedDirty, shadowStack, features, l1tf);
  }

  private static Json dma(DmaDomain domain) {
    return Json.object()
        .put("name", domain.name())
        .put("frames", Json.array(domain.frames(), PolicyJson::frames))
        .build();
  }

  private static DmaDomain dma(Members in) throws JsonException {
    String name = in.text("name");
    List<Frames> frames = new ArrayList<>();
    for (Members run : in.objects("frames")) {
      frames.add(frames(run));
    }
    in.end();
    return new DmaDomain(at(in), name, frames);
  }

  private static Json region(ControlRegion region) {
    return Json.object()
        .put("kind", Members.word(region.kind()))
        .put("frames", frames(region.frames()))
        .build();
  }

  private static ControlRegion region(Members in) throws JsonException {
    ControlRegion.Kind kind = in.word("kind", ControlRegion.Kind.class);
    Frames frames = frames(in.object("frames"));
    in.end();
    return new ControlRegion(at(in), kind, frames);
  }

  private static Json slot(EptpSlot slot) {
    Json.Builder out = Json.object().put("vm", slot.vm()).put("index", slot.index());
    return switch (slot.value()) {
      case EptpSlot.Value.Raw(long bits) -> out.put("raw", Json.hex(bits)).build();
      case EptpSlot.Value.RootOf(String view, Eptp eptp) ->
          out.put("root-of", view).put("eptp", eptp(eptp)).build();
    };
  }

  private static EptpSlot slot(Members in) throws JsonException {
    String vm = in.text("vm");
    int index = in.integer("index");
    EptpSlot.Value value =
        in.has("raw")
            ? new EptpSlot.Value.Raw(in.hex("raw"))
            : new EptpSlot.Value.RootOf(in.text("root-of"), eptp(in.object("eptp")));
    in.end();
    return new EptpSlot(at(in), vm, index, value);
  }

  private static Json gate(Gate gate) {
    Json.Builder out =
        Json.object()
            .put("name", gate.name())
            .put("from", gate.from())
            .put("to", gate.to())
            .put("enter", Json.hex(gate.enter().value()))
            .put("entered", Json.hex(gate.entered().value()))
            .put("calls", Json.hex(gate.calls().value()))
            .put("leave", Json.hex(gate.leave().value()))
            .put("left", Json.hex(gate.left().value()));
    gate.returnsThrough().ifPresent(register -> out.put("returns-through", Members.word(register)));
    out.put("privilege-level", gate.privilegeLevel())
        .put("arguments", Members.words(gate.arguments()))
        .put("results", Members.words(gate.results()))
        .put("preserves", Members.words(gate.preserves()))
        .put("max-instructions", gate.maxInstructions());
    if (!gate.invariants().isEmpty()) {
      out.put("invariants", Json.array(gate.invariants(), InvariantJson::write));
    }
    return out.build();
  }

  private static Gate gate(Members in) throws JsonException {
    Gate gate =
        new Gate(
            at(in),
            in.text("name"),
            in.text("from"),
            in.text("to"),
            new La(in.hex("enter")),
            new La(in.hex("entered")),
            new La(in.hex("calls")),
            new La(in.hex("leave")),
            new La(in.hex("left")),
            in.has("returns-through")
                ? Optional.of(in.word("returns-through", Register.class))
                : Optional.empty(),
            in.integer("privilege-level"),
            in.words("arguments", Register.class),
            in.words("results", Register.class),
            in.words("preserves", Register.class),
            in.number("max-instructions"),
            in.has("invariants") ? invariants(in.objects("invariants")) : List.of());
    in.end();
    return gate;
  }

  private static List<LoopInvariant> invariants(List<Members> in) throws JsonException {
    List<LoopInvariant> invariants = new ArrayList<>();
    for (Members invariant : in) {
      invariants.add(InvariantJson.read(invariant, at(invariant)));
    }
    return invariants;
  }

  private static Json waiver(Waiver waiver) {
    return Json.object().put("rule", waiver.rule()).put("reason", waiver.reason()).build();
  }

  private static Waiver waiver(Members in) throws JsonException {
    Waiver waiver = new Waiver(at(in), in.text("rule"), in.text("reason"));
    in.end();
    return waiver;
  }

  /** Frames as the policy's JSON writes them. */
  public static Json frames(Frames frames) {
    Json.Builder out = Json.object();
    switch (frames.owner()) {
      case Frames.Owner.Host() -> out.put("host", Json.hex(frames.offset()));
      case Frames.Owner.Memory(String vm, String region) ->
          out.put("vm", vm).put("region", region).put("offset", Json.hex(frames.offset()));
      case Frames.Owner.Loader(String view, String mapping) ->
          out.put("loader-view", view)
              .put("mapping", mapping)
              .put("offset", Json.hex(frames.offset()));
    }
    return out.put("size", Json.hex(frames.size())).build();
  }

  static Frames frames(Members in) throws JsonException {
    Frames frames;
    if (in.has("host")) {
      frames = new Frames(new Frames.Owner.Host(), in.hex("host"), in.hex("size"));
    } else {
      Frames.Owner owner =
          in.has("vm")
              ? new Frames.Owner.Memory(in.text("vm"), in.text("region"))
              : new Frames.Owner.Loader(in.text("loader-view"), in.text("mapping"));
      frames = new Frames(owner, in.hex("offset"), in.hex("size"));
    }
    in.end();
    return frames;
  }

  /** EPT pointer fields as the policy's JSON writes them. */
  public static Json eptp(Eptp eptp) {
    return Json.object()
        .put("memory-type", Members.word(eptp.memoryType()))
        .put("walk-length", eptp.walkLength())
        .put("accessed-dirty", eptp.accessedDirty())
        .put("shadow-stack", eptp.shadowStack())
        .build();
  }

  static Eptp eptp(Members in) throws JsonException {
    Eptp eptp =
        new Eptp(
            in.word("memory-type", MemoryType.class),
            in.integer("walk-length"),
            in.flag("accessed-dirty"),
            in.flag("shadow-stack"));
    in.end();
    return eptp;
  }

  /** A leaf's attributes as the policy's JSON writes them: {@code "r-x wb ipat vgp sve"}. */
  public static String leaf(Leaf leaf) {
    return LeafText.write(leaf);
  }

  /** "4KiB", "2MiB" or "1GiB". */
  public static String size(PageSize size) {
    return switch (size) {
      case SMALL -> "4KiB";
      case LARGE -> "2MiB";
      case HUGE -> "1GiB";
    };
  }

  static PageSize size(String text, String pointer) throws JsonException {
    for (PageSize size : PageSize.values()) {
      if (size(size).equals(text)) {
        return size;
      }
    }
    throw JsonException.mismatch(pointer, "expected 4KiB, 2MiB or 1GiB");
  }

  static SortedMap<String, Integer> symbols(Members in) throws JsonException {
    SortedMap<String, Integer> symbols = new TreeMap<>();
    for (String name : in.names()) {
      symbols.put(name, in.integer(name));
    }
    return symbols;
  }

  /** A value read from JSON has its pointer for a location. */
  static Location at(Members in) {
    return new Location(in.pointer().isEmpty() ? "/" : in.pointer(), 1, 1);
  }
}

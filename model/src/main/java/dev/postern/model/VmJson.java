package dev.postern.model;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.Members;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Virtual machines as JSON: memory, lock, controls, approvals. */
final class VmJson {

  private VmJson() {}

  static Json write(Vm vm) {
    return Json.object()
        .put("name", vm.name())
        .put("source", vm.source())
        .put("destination", vm.destination())
        .put("vcpus", vm.vcpus())
        .put("memory", Json.array(vm.memory(), VmJson::memory))
        .put("lock", lock(vm.lock()))
        .put("controls", controls(vm.controls()))
        .put("approvals", Json.array(vm.approvals(), VmJson::approval))
        .put("aliases", Json.array(vm.aliases(), VmJson::alias))
        .build();
  }

  static Vm read(Members in) throws JsonException {
    String name = in.text("name");
    boolean source = in.flag("source");
    boolean destination = in.flag("destination");
    int vcpus = in.integer("vcpus");
    List<Vm.Memory> memory = new ArrayList<>();
    for (Members slot : in.objects("memory")) {
      memory.add(memory(slot));
    }
    Lock lock = lock(in.object("lock"));
    Controls controls = controls(in.object("controls"));
    List<Vm.Approval> approvals = new ArrayList<>();
    for (Members approval : in.objects("approvals")) {
      approvals.add(approval(approval));
    }
    List<Vm.Alias> aliases = new ArrayList<>();
    for (Members alias : in.objects("aliases")) {
      aliases.add(alias(alias));
    }
    in.end();
    return new Vm(
        PolicyJson.at(in),
        name,
        source,
        destination,
        vcpus,
        memory,
        lock,
        controls,
        approvals,
        aliases);
  }

  private static Json memory(Vm.Memory memory) {
    Json.Builder out =
        Json.object()
            .put("name", memory.name())
            .put("gpa", Json.hex(memory.gpa().value()))
            .put("size", Json.hex(memory.size()))
            .put("pages", PolicyJson.size(memory.pageSize()));
    memory.host().ifPresent(host -> out.put("host", Json.hex(host.value())));
    return out.put("kind", Members.word(memory.kind()))
        .put("dirty-logged", memory.dirtyLogged())
        .build();
  }

  private static Vm.Memory memory(Members in) throws JsonException {
    Vm.Memory memory =
        new Vm.Memory(
            PolicyJson.at(in),
            in.text("name"),
            new Gpa(in.hex("gpa")),
            in.hex("size"),
            PolicyJson.size(in.text("pages"), in.pointer("pages")),
            in.has("host") ? Optional.of(new Hpa(in.hex("host"))) : Optional.empty(),
            in.word("kind", Vm.Kind.class),
            in.flag("dirty-logged"));
    in.end();
    return memory;
  }

  private static Json lock(Lock lock) {
    Json.Builder out = Json.object().put("kinds", Members.words(lock.kinds()));
    lock.range()
        .ifPresent(range ->
            out.put("start", Json.hex(range.start().value())).put("size", Json.hex(range.size())));
    return out.build();
  }

  private static Lock lock(Members in) throws JsonException {
    Set<Lock.Kind> kinds = in.words("kinds", Lock.Kind.class);
    Optional<Lock.Range> range =
        in.has("start")
            ? Optional.of(new Lock.Range(new La(in.hex("start")), in.hex("size")))
            : Optional.empty();
    in.end();
    return new Lock(PolicyJson.at(in), kinds, range);
  }

  private static Json controls(Controls controls) {
    return Json.object()
        .put("held", Members.words(controls.held()))
        .put(
            "intercepted",
            Json.array(new TreeSet<>(controls.intercepted()), vector -> new Json.Num(vector)))
        .build();
  }

  private static Controls controls(Members in) throws JsonException {
    Set<Control> held = in.words("held", Control.class);
    Set<Integer> intercepted = new TreeSet<>();
    int last = -1;
    for (Json item : in.items("intercepted")) {
      if (!(item instanceof Json.Num(long vector)) || vector <= last || vector > 31) {
        throw in.refuse("intercepted", "expected ascending exception vectors 0..31");
      }
      last = (int) vector;
      intercepted.add(last);
    }
    in.end();
    return new Controls(PolicyJson.at(in), held, intercepted);
  }

  private static Json approval(Vm.Approval approval) {
    Json.Builder out =
        Json.object()
            .put("name", approval.name())
            .put("source", approval.source())
            .put("gpa", Json.hex(approval.gpa().value()))
            .put("size", Json.hex(approval.size()))
            .put("write", approval.write())
            .put("pages", PolicyJson.size(approval.pageSize()))
            .put("frames", PolicyJson.frames(approval.frames()))
            .put("shared-with", Json.texts(approval.sharedWith()));
    approval
        .doorbell()
        .ifPresent(bell ->
            out.put(
                "doorbell",
                Json.object()
                    .put("wait", Members.word(bell.way()))
                    .put("exits", Members.words(bell.exits()))
                    .build()));
    return out.build();
  }

  private static Doorbell doorbell(Members in) throws JsonException {
    Doorbell bell =
        new Doorbell(in.word("wait", Doorbell.Wait.class), in.words("exits", Doorbell.Exit.class));
    in.end();
    return bell;
  }

  private static Vm.Approval approval(Members in) throws JsonException {
    String name = in.text("name");
    String source = in.text("source");
    Gpa gpa = new Gpa(in.hex("gpa"));
    long size = in.hex("size");
    boolean write = in.flag("write");
    PageSize pageSize = PolicyJson.size(in.text("pages"), in.pointer("pages"));
    Frames frames = PolicyJson.frames(in.object("frames"));
    Set<String> sharedWith = new TreeSet<>();
    for (String other : in.texts("shared-with")) {
      if (!sharedWith.add(other)) {
        throw in.refuse("shared-with", "repetition");
      }
    }
    Optional<Doorbell> doorbell =
        in.has("doorbell") ? Optional.of(doorbell(in.object("doorbell"))) : Optional.empty();
    in.end();
    return new Vm.Approval(
        PolicyJson.at(in), name, source, gpa, size, write, pageSize, frames, sharedWith, doorbell);
  }

  private static Json alias(Vm.Alias alias) {
    return Json.object()
        .put("gpa", Json.hex(alias.gpa().value()))
        .put("frames", PolicyJson.frames(alias.frames()))
        .put("leaf", LeafText.write(alias.leaf()))
        .build();
  }

  private static Vm.Alias alias(Members in) throws JsonException {
    Vm.Alias alias =
        new Vm.Alias(
            PolicyJson.at(in),
            new Gpa(in.hex("gpa")),
            PolicyJson.frames(in.object("frames")),
            LeafText.read(in.text("leaf"), in.pointer("leaf")));
    in.end();
    return alias;
  }
}

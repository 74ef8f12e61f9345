package dev.postern.model;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.Members;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Views, mappings and code images as JSON. */
final class ViewJson {

  private ViewJson() {}

  static Json write(View view) {
    Json.Builder out =
        Json.object()
            .put("name", view.name())
            .put("vm", view.vm())
            .put("index", view.index())
            .put("eptp", PolicyJson.eptp(view.eptp()));
    view.root().ifPresent(root -> out.put("root", Json.hex(root.value())));
    out.put("suppress-ve-absent", view.suppressVeAbsent())
        .put("mappings", Json.array(view.mappings(), ViewJson::mapping));
    view.mediationNotClaimed().ifPresent(reason -> out.put("mediation-not-claimed", reason));
    return out.build();
  }

  static View read(Members in) throws JsonException {
    String name = in.text("name");
    String vm = in.text("vm");
    int index = in.integer("index");
    Eptp eptp = PolicyJson.eptp(in.object("eptp"));
    Optional<Hpa> root = in.has("root") ? Optional.of(new Hpa(in.hex("root"))) : Optional.empty();
    boolean suppressVeAbsent = in.flag("suppress-ve-absent");
    List<Mapping> mappings = new ArrayList<>();
    for (Members mapping : in.objects("mappings")) {
      mappings.add(mapping(mapping));
    }
    Optional<String> notClaimed = in.optionalText("mediation-not-claimed");
    in.end();
    return new View(
        PolicyJson.at(in), name, vm, index, eptp, root, suppressVeAbsent, mappings, notClaimed);
  }

  private static Json mapping(Mapping mapping) {
    Json.Builder out =
        Json.object()
            .put("name", mapping.name())
            .put("role", Members.word(mapping.role()))
            .put("gpa", Json.hex(mapping.gpa().value()))
            .put("la", Json.hex(mapping.la().value()))
            .put("size", Json.hex(mapping.size()))
            .put("pages", PolicyJson.size(mapping.pageSize()))
            .put("frames", PolicyJson.frames(mapping.frames()))
            .put("leaf", LeafText.write(mapping.leaf()))
            .put("per-vcpu", mapping.perVcpu());
    mapping.image().ifPresent(image -> out.put("image", image(image)));
    if (mapping.discloses() != Disclosure.NOTHING) {
      out.put("discloses", Members.word(mapping.discloses()));
    }
    return out.build();
  }

  private static Mapping mapping(Members in) throws JsonException {
    Mapping mapping =
        new Mapping(
            PolicyJson.at(in),
            in.text("name"),
            in.word("role", Role.class),
            new Gpa(in.hex("gpa")),
            new La(in.hex("la")),
            in.hex("size"),
            PolicyJson.size(in.text("pages"), in.pointer("pages")),
            PolicyJson.frames(in.object("frames")),
            LeafText.read(in.text("leaf"), in.pointer("leaf")),
            in.flag("per-vcpu"),
            in.has("image") ? Optional.of(image(in.object("image"))) : Optional.empty(),
            in.has("discloses") ? disclosed(in) : Disclosure.NOTHING);
    in.end();
    return mapping;
  }

  /** One text for one policy: what is nothing is not said. */
  private static Disclosure disclosed(Members in) throws JsonException {
    Disclosure disclosure = in.word("discloses", Disclosure.class);
    if (disclosure == Disclosure.NOTHING) {
      throw JsonException.mismatch(in.pointer("discloses"), "nothing is not written out");
    }
    return disclosure;
  }

  private static Json image(CodeImage image) {
    Json.Builder symbols = Json.object();
    image.symbols().forEach((name, offset) -> symbols.put(name, offset));
    return Json.object()
        .put("unit", image.unit())
        .put("section", image.section())
        .put("length", image.length())
        .put("symbols", symbols.build())
        .put("bytes", image.bytes().hex())
        .build();
  }

  private static CodeImage image(Members in) throws JsonException {
    CodeImage image =
        new CodeImage(
            in.text("unit"),
            in.text("section"),
            Bytes.ofHex(in.text("bytes")),
            in.integer("length"),
            PolicyJson.symbols(in.object("symbols")),
            List.of());
    in.end();
    return image;
  }
}

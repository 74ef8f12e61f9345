package dev.postern.model;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.Members;
import dev.postern.model.LoopInvariant.Addend;
import dev.postern.model.LoopInvariant.Comparison;
import dev.postern.model.LoopInvariant.Quantity;
import dev.postern.model.LoopInvariant.Relation;
import dev.postern.model.LoopInvariant.Sum;
import java.util.ArrayList;
import java.util.List;

/** Reads and writes what a policy says of a loop. */
final class InvariantJson {

  private InvariantJson() {}

  static Json write(LoopInvariant invariant) {
    return Json.object()
        .put("head", Json.hex(invariant.head().value()))
        .put("holds", Json.array(invariant.holds(), InvariantJson::comparison))
        .build();
  }

  static LoopInvariant read(Members in, Location at) throws JsonException {
    La head = new La(in.hex("head"));
    List<Comparison> holds = new ArrayList<>();
    for (Members comparison : in.objects("holds")) {
      holds.add(comparison(comparison));
    }
    if (holds.isEmpty()) {
      throw in.refuse("holds", "says nothing");
    }
    in.end();
    return new LoopInvariant(at, head, holds);
  }

  private static Json comparison(Comparison comparison) {
    return Json.object()
        .put("left", Json.array(comparison.left().addends(), InvariantJson::addend))
        .put("relation", Members.word(comparison.relation()))
        .put("right", Json.array(comparison.right().addends(), InvariantJson::addend))
        .build();
  }

  private static Comparison comparison(Members in) throws JsonException {
    Sum left = sum(in, "left");
    Relation relation = in.word("relation", Relation.class);
    Sum right = sum(in, "right");
    in.end();
    return new Comparison(left, relation, right);
  }

  private static Sum sum(Members in, String name) throws JsonException {
    List<Addend> addends = new ArrayList<>();
    for (Members addend : in.objects(name)) {
      addends.add(addend(addend));
    }
    if (addends.isEmpty()) {
      throw in.refuse(name, "a sum of nothing");
    }
    return new Sum(addends);
  }

  private static Json addend(Addend addend) {
    Json.Builder out = Json.object().put("times", Json.hex(addend.times()));
    return switch (addend.quantity()) {
      case Quantity.One one -> out.put("of", "one").build();
      case Quantity.InRegister(Register register) ->
          out.put("of", "register").put("register", Members.word(register)).build();
      case Quantity.OnStack(long offset, int bytes) ->
          out.put("of", "stack").put("offset", Json.hex(offset)).put("bytes", bytes).build();
    };
  }

  private static Addend addend(Members in) throws JsonException {
    long times = in.hex("times");
    Quantity quantity =
        switch (in.text("of")) {
          case "one" -> new Quantity.One();
          case "register" -> new Quantity.InRegister(in.word("register", Register.class));
          case "stack" -> onStack(in);
          default -> throw in.refuse("of", "expected one, register or stack");
        };
    in.end();
    return new Addend(times, quantity);
  }

  private static Quantity onStack(Members in) throws JsonException {
    long offset = in.hex("offset");
    int bytes = in.integer("bytes");
    if (offset < 0 || bytes < 1 || bytes > 8 || Integer.bitCount(bytes) != 1) {
      throw in.refuse("bytes", "expected a slot of 1, 2, 4 or 8 bytes above RSP");
    }
    return new Quantity.OnStack(offset, bytes);
  }
}

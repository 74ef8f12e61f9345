package dev.postern.model.report;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.Members;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Counterexamples as JSON. */
final class CounterexampleJson {

  private CounterexampleJson() {}

  static Json write(Counterexample attack) {
    return Json.object()
        .put("kind", Members.word(attack.kind()))
        .put("attack", attack.attack())
        .put("start", Json.object().putAll(attack.start()).build())
        .put("paging", Json.array(attack.paging(), CounterexampleJson::page))
        .put("memory", Json.array(attack.memory(), CounterexampleJson::content))
        .put("fetches", Json.array(attack.fetches(), CounterexampleJson::content))
        .put("trace", Json.array(attack.trace(), CounterexampleJson::step))
        .build();
  }

  static Counterexample read(Members in) throws JsonException {
    Counterexample.Kind kind = in.word("kind", Counterexample.Kind.class);
    String attack = in.text("attack");
    Map<String, String> start = ReportJson.texts(in.object("start"));
    List<Counterexample.PageEntry> paging = new ArrayList<>();
    for (Members page : in.objects("paging")) {
      paging.add(
          new Counterexample.PageEntry(page.integer("view"), page.text("la"), page.text("gpa")));
      page.end();
    }
    List<Counterexample.Content> memory = contents(in, "memory");
    List<Counterexample.Content> fetches = contents(in, "fetches");
    List<Counterexample.Step> trace = new ArrayList<>();
    for (Members step : in.objects("trace")) {
      trace.add(
          new Counterexample.Step(
              step.integer("view"),
              step.text("la"),
              step.text("gpa"),
              step.text("bytes"),
              step.text("text"),
              step.text("effect")));
      step.end();
    }
    in.end();
    return new Counterexample(kind, attack, start, paging, memory, fetches, trace);
  }

  private static List<Counterexample.Content> contents(Members in, String name)
      throws JsonException {
    List<Counterexample.Content> contents = new ArrayList<>();
    for (Members content : in.objects(name)) {
      contents.add(
          new Counterexample.Content(
              content.integer("view"), content.text("gpa"), content.text("bytes")));
      content.end();
    }
    return contents;
  }

  private static Json page(Counterexample.PageEntry page) {
    return Json.object()
        .put("view", page.view())
        .put("la", page.la())
        .put("gpa", page.gpa())
        .build();
  }

  private static Json content(Counterexample.Content content) {
    return Json.object()
        .put("view", content.view())
        .put("gpa", content.gpa())
        .put("bytes", content.bytes())
        .build();
  }

  private static Json step(Counterexample.Step step) {
    return Json.object()
        .put("view", step.view())
        .put("la", step.la())
        .put("gpa", step.gpa())
        .put("bytes", step.bytes())
        .put("text", step.text())
        .put("effect", step.effect())
        .build();
  }
}

package dev.postern.verifier.evidence;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.model.Bytes;
import dev.postern.verifier.smt.Answer;
import dev.postern.verifier.smt.Model;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;

/**
 * What the engine said, as JSON: by the SHA-256 of a question's script "none", or the values of a
 * model's variables. An auditor believes none of it: a model is evaluated, and what "none" was said
 * to has to be proved.
 */
final class AnswersJson {

  private static final String SCHEMA = "postern.answers/1";
  private static final String NONE = "none";

  private AnswersJson() {}

  static Bytes write(SortedMap<String, Answer> answers) {
    SequencedMap<String, Json> members = new LinkedHashMap<>();
    answers.forEach((question, answer) -> {
      switch (answer) {
        case Answer.Unsat() -> members.put(question, new Json.Str(NONE));
        case Answer.Sat(Model model) -> members.put(question, write(model));
        case Answer.Unknown unknown -> {} // an auditor is told nothing either
      }
    });
    return Bytes.of(
        JsonWriter.canonical(
            Json.object().put("schema", SCHEMA).put("answers", new Json.Obj(members)).build()));
  }

  private static Json write(Model model) {
    SequencedMap<String, Json> values = new LinkedHashMap<>();
    model
        .values()
        .forEach((variable, value) ->
            values.put(variable.name(), new Json.Str(value.unsigned().toString(16))));
    return new Json.Obj(values);
  }

  /** By question: the values of a model in hexadecimal, or empty for "none". */
  static Map<String, Optional<Map<String, String>>> read(Bytes json) throws JsonException {
    Members top = Members.of(JsonReader.parse(json.toArray(), JsonLimits.DEFAULT), "");
    top.constant("schema", SCHEMA);
    Map<String, Optional<Map<String, String>>> answers = new HashMap<>();
    Members all = top.object("answers");
    for (String question : all.names()) {
      switch (all.take(question)) {
        case Json.Str(String word) when word.equals(NONE) ->
            answers.put(question, Optional.empty());
        case Json.Obj model -> {
          Members values = Members.of(model, all.pointer(question));
          Map<String, String> known = new HashMap<>();
          for (String variable : values.names()) {
            known.put(variable, values.text(variable));
          }
          answers.put(question, Optional.of(known));
        }
        default -> throw all.refuse(question, "neither none nor a model");
      }
    }
    all.end();
    top.end();
    return answers;
  }
}

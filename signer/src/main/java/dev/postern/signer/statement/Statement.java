package dev.postern.signer.statement;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An in-toto Statement v1. Whose bytes are signed are taken as they are; that they are the one
 * spelling of what they say is checked beside it.
 *
 * @param subjects every file of the bundle but the manifest and the signatures, sorted by name
 * @param predicate see {@link Predicate}
 */
public record Statement(List<Subject> subjects, Json predicate) {

  /** in-toto's own type. */
  public static final String TYPE = "https://in-toto.io/Statement/v1";

  /** What kind of claim this is. */
  public static final String PREDICATE_TYPE = "urn:postern:bundle:1";

  /** A manifest lists files; the policy itself is another file. */
  private static final JsonLimits LIMITS = new JsonLimits(64 << 20, 16, 2_000_000);

  public Statement {
    subjects = List.copyOf(subjects);
  }

  public Json write() {
    return Json.object()
        .put("_type", TYPE)
        .put("subject", Json.array(subjects, Subject::write))
        .put("predicateType", PREDICATE_TYPE)
        .put("predicate", predicate)
        .build();
  }

  public static Statement read(byte[] manifest) throws JsonException {
    Members in = Members.of(JsonReader.parse(manifest, LIMITS), "");
    in.constant("_type", TYPE);
    List<Subject> subjects = new ArrayList<>();
    for (Members subject : in.objects("subject")) {
      subjects.add(Subject.read(subject));
    }
    in.constant("predicateType", PREDICATE_TYPE);
    Json predicate = in.take("predicate");
    in.end();
    Statement statement = new Statement(subjects, predicate);
    if (!Arrays.equals(manifest, JsonWriter.canonical(statement.write()))) {
      throw in.refuse("_type", "not in canonical form");
    }
    return statement;
  }
}

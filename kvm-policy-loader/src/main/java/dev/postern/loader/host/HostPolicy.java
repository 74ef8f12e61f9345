package dev.postern.loader.host;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What this host's administrator takes upon himself, schema {@code postern.host/1}.
 *
 * @param accepted assumptions no mechanism of the backend attests, by id, each with the reason why
 *     they hold here
 * @param waivers rules whose waiver in a bundle is accepted, by id, each with the reason
 */
public record HostPolicy(SortedMap<String, String> accepted, SortedMap<String, String> waivers) {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.host/1";

  /** Accepts nothing. */
  public static final HostPolicy STRICT = new HostPolicy(new TreeMap<>(), new TreeMap<>());

  public HostPolicy {
    accepted = Collections.unmodifiableSortedMap(new TreeMap<>(accepted));
    waivers = Collections.unmodifiableSortedMap(new TreeMap<>(waivers));
  }

  public byte[] canonical() {
    return JsonWriter.canonical(
        Json.object()
            .put("schema", SCHEMA)
            .put("accepted", write("assumption", accepted))
            .put("waivers", write("rule", waivers))
            .build());
  }

  public static HostPolicy read(byte[] document) throws JsonException {
    Members in = Members.of(JsonReader.parse(document, JsonLimits.DEFAULT), "");
    in.constant("schema", SCHEMA);
    SortedMap<String, String> accepted = reasons(in, "accepted", "assumption");
    SortedMap<String, String> waivers = reasons(in, "waivers", "rule");
    in.end();
    return new HostPolicy(accepted, waivers);
  }

  private static Json write(String key, SortedMap<String, String> reasons) {
    List<Json> items = new ArrayList<>();
    reasons.forEach(
        (id, reason) -> items.add(Json.object().put(key, id).put("reason", reason).build()));
    return new Json.Arr(items);
  }

  private static SortedMap<String, String> reasons(Members in, String member, String key)
      throws JsonException {
    SortedMap<String, String> reasons = new TreeMap<>();
    for (Members item : in.objects(member)) {
      String id = item.text(key);
      String reason = item.text("reason");
      if (reason.isBlank()) {
        throw item.refuse("reason", "an acceptance needs a reason");
      }
      if (reasons.put(id, reason) != null) {
        throw item.refuse(key, "stands twice");
      }
      item.end();
    }
    return reasons;
  }
}

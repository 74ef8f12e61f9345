package dev.postern.loader.host;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.model.Frames;
import dev.postern.model.Hpa;
import dev.postern.model.Policy;
import java.util.ArrayList;
import java.util.List;

/**
 * The KVM-approved set that counts: what this host's administrator lets views of other machines
 * reach, schema {@code postern.approved/1}. A bundle's own approvals say what was proved; these say
 * what is allowed here and now.
 */
public record Approved(List<Grant> grants) {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.approved/1";

  /**
   * Views of {@code source} may read {@code frames}.
   *
   * @param write whether they may write them too
   */
  public record Grant(String source, Frames frames, boolean write) {}

  public Approved {
    grants = List.copyOf(grants);
  }

  /** Whether every byte of {@code frames} is granted to {@code source}, by one grant or several. */
  public boolean covers(String source, Frames frames, boolean write) {
    long at = frames.offset();
    long end = frames.offset() + frames.size();
    boolean progress = true;
    while (at < end && progress) {
      progress = false;
      for (Grant grant : grants) {
        Frames granted = grant.frames();
        if (grant.source().equals(source)
            && (grant.write() || !write)
            && granted.owner().equals(frames.owner())
            && granted.offset() <= at
            && at < granted.offset() + granted.size()) {
          at = granted.offset() + granted.size();
          progress = true;
        }
      }
    }
    return at >= end;
  }

  public byte[] canonical() {
    return JsonWriter.canonical(
        Json.object()
            .put("schema", SCHEMA)
            .put("grants", Json.array(grants, Approved::write))
            .build());
  }

  /** All grants of several documents. */
  public static Approved union(List<Approved> documents) {
    return new Approved(
        documents.stream().flatMap(document -> document.grants().stream()).toList());
  }

  /** What a policy itself says is approved: for an image whose host decides elsewhere. */
  public static Approved by(Policy policy) {
    return new Approved(
        policy.vms().stream()
            .flatMap(vm -> vm.approvals().stream())
            .map(a -> new Grant(a.source(), a.frames(), a.write()))
            .toList());
  }

  public static Approved read(byte[] document) throws JsonException {
    Members in = Members.of(JsonReader.parse(document, JsonLimits.DEFAULT), "");
    in.constant("schema", SCHEMA);
    List<Grant> grants = new ArrayList<>();
    for (Members grant : in.objects("grants")) {
      grants.add(grant(grant));
    }
    in.end();
    return new Approved(grants);
  }

  private static Json write(Grant grant) {
    Json.Builder json = Json.object().put("source", grant.source());
    switch (grant.frames().owner()) {
      case Frames.Owner.Memory(String vm, String region) ->
          json.put("vm", vm).put("region", region).put("offset", Json.hex(grant.frames().offset()));
      case Frames.Owner.Host() -> json.put("host", Json.hex(grant.frames().offset()));
      case Frames.Owner.Loader _ ->
          throw new IllegalArgumentException("the loader's own frames are not granted");
    }
    return json.put("size", Json.hex(grant.frames().size())).put("write", grant.write()).build();
  }

  private static Grant grant(Members in) throws JsonException {
    String source = in.text("source");
    Frames.Owner owner;
    long offset;
    if (in.has("host")) {
      owner = new Frames.Owner.Host();
      offset = new Hpa(in.hex("host")).value();
    } else {
      owner = new Frames.Owner.Memory(in.text("vm"), in.text("region"));
      offset = in.hex("offset");
    }
    long size = in.hex("size");
    if (offset < 0 || size <= 0 || offset > (1L << 52) - size) {
      throw in.refuse("size", "beyond 52 physical-address bits");
    }
    Frames frames;
    try {
      frames = new Frames(owner, offset, size);
    } catch (IllegalArgumentException e) {
      throw in.refuse("size", String.valueOf(e.getMessage()));
    }
    Grant grant = new Grant(source, frames, in.flag("write"));
    in.end();
    return grant;
  }
}

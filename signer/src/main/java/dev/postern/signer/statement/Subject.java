package dev.postern.signer.statement;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.Members;
import dev.postern.model.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** One file the statement is about: an in-toto ResourceDescriptor. */
public record Subject(String name, String sha256, String sha384, long size) {

  /** The subject of a file with this content. */
  public static Subject of(String name, Bytes content) {
    try {
      MessageDigest sha384 = MessageDigest.getInstance("SHA-384");
      return new Subject(
          name,
          content.sha256(),
          HexFormat.of().formatHex(sha384.digest(content.toArray())),
          content.size());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-384", e);
    }
  }

  /** Subjects in the order of their names. */
  public static List<Subject> of(SortedMap<String, Bytes> members) {
    List<Subject> subjects = new ArrayList<>();
    for (Map.Entry<String, Bytes> member : members.entrySet()) {
      subjects.add(of(member.getKey(), member.getValue()));
    }
    return subjects;
  }

  Json write() {
    return Json.object()
        .put("name", name)
        .put("digest", Json.object().put("sha256", sha256).put("sha384", sha384).build())
        .put("annotations", Json.object().put("size", size).build())
        .build();
  }

  static Subject read(Members in) throws JsonException {
    String name = in.text("name");
    Members digest = in.object("digest");
    Members annotations = in.object("annotations");
    Subject subject =
        new Subject(name, digest.text("sha256"), digest.text("sha384"), annotations.number("size"));
    digest.end();
    annotations.end();
    in.end();
    return subject;
  }
}
